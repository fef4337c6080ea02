"""IC block⁻ next to the plain block, from scratch, and the starts of its two norms.

The recipe is that of cifar10_20000.py.
"""

from cifar10_20000 import SCREEN
from narrow import resnet, scheduled
from screen_step_cifar10 import ZERO

common = SCREEN
rows = {
    'ResNet-18': resnet('resnet18_200e'),
    'IC-ResNet-18⁻': resnet('ic_resnet18_minus_200e'),
    'ResNet-18, zero init': resnet('resnet18_200e', ZERO),
    'IC-ResNet-18⁻, zero init': resnet(
        'ic_resnet18_minus_200e', ZERO, against=['ResNet-18, zero init', 'IC-ResNet-18⁻']
    ),
    # Where alpha is scheduled, norm_local starts at 1.
    'IC-ResNet-18⁻, norm_local from 1': resnet(
        'ic_resnet18_minus_200e', scheduled(1.0, 1.0), against='IC-ResNet-18⁻'
    ),
}
