"""The rows of screen_scratch_cifar10.py on all images.

IC⁻, SfNet and the MobileNets have three seeds at most; the rows of the main question, whether IC
gains anything over the plain and over the wider network, have as many as are asked for.
"""

import screen_scratch_cifar10
from cifar10_50000 import ALL

FEW = ('IC-ResNet-18⁻', 'SfNet', 'MobileNet', 'IC-MobileNet')
common = ALL
rows = {
    label: row | dict(seeds=3) if label in FEW else row
    for label, row in screen_scratch_cifar10.rows.items()
}
together = screen_scratch_cifar10.together
