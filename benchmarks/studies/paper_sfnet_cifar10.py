"""SfNet's tables 2 and 3 on CIFAR-10: full networks, one cycle of 30 epochs.

The paper repeats each training ten times: --seeds 10. Meant for a GPU.
"""

from cifar10_20000 import BATCHED

common = BATCHED
rows = {
    'VGG-16': dict(config='configs/cifar10/vgg16_30e.py'),
    'SfNet': dict(config='configs/cifar10/sfnet16_30e.py'),
}
