"""The step of W', and zero_init_residual: plain and IC networks side by side, from scratch.

"Step of a box sum": W' moves as if it multiplied the sum of the window, 81 times as far.
"""

from cifar10_20000 import SCREEN
from narrow import resnet
from screen_scratch_cifar10 import with_variant

common = SCREEN
BOX_SUM = {
    'optim_wrapper.paramwise_cfg': dict(
        custom_keys={'w_prime': dict(lr_mult=81.0, decay_mult=1 / 81)}
    )
}
ZERO = {'model.backbone.zero_init_residual': True}
rows = with_variant(('VGG-16', 'ResNet-18'), ', step of a box sum', BOX_SUM) | {
    'ResNet-18, zero init': resnet('resnet18_200e', ZERO, against='ResNet-18'),
    'IC-ResNet-18, zero init': resnet('ic_resnet18_200e', ZERO, against='ResNet-18'),
}
together = {
    'zero init': [(f'{name}, zero init', name) for name in ('ResNet-18', 'IC-ResNet-18')],
    'step of a box sum': [
        (f'{name}, step of a box sum', name) for name in ('IC-VGG-16', 'IC-ResNet-18')
    ],
}
