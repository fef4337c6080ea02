"""The step of W', and zero_init_residual: plain and IC networks side by side, from scratch.

"Step of a box sum": W' moves as if it multiplied the sum of the window, 81 times as far.
"""

from cifar10_20000 import SCREEN
from narrow import NARROW_RESNET, NARROW_VGG, with_ic

common = SCREEN
BOX_SUM = {
    'optim_wrapper.paramwise_cfg': dict(
        custom_keys={'w_prime': dict(lr_mult=81.0, decay_mult=1 / 81)}
    )
}
ZERO = {'model.backbone.zero_init_residual': True}
NOT_ZERO = {'model.backbone.zero_init_residual': False}


def resnet(config: str, *options: dict, **keys: str | int | list[str]) -> dict:
    merged = dict(NARROW_RESNET)
    for option in options:
        merged |= option
    return dict(config=f'configs/cifar10/{config}.py', options=merged, **keys)


vgg = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)
rows = {
    **vgg,
    'IC-VGG-16, step of a box sum': dict(
        vgg['IC-VGG-16'], options=vgg['IC-VGG-16']['options'] | BOX_SUM
    ),
    'ResNet-18': resnet('resnet18_200e', NOT_ZERO, against='ResNet-18'),
    'IC-ResNet-18': resnet('ic_resnet18_200e', NOT_ZERO, against='ResNet-18'),
    'IC-ResNet-18, step of a box sum': resnet(
        'ic_resnet18_200e', NOT_ZERO, BOX_SUM, against='ResNet-18'
    ),
    'ResNet-18, zero init': resnet('resnet18_200e', ZERO, against='ResNet-18'),
    'IC-ResNet-18, zero init': resnet('ic_resnet18_200e', ZERO, against='ResNet-18'),
}
together = {
    'zero init': [(f'{name}, zero init', name) for name in ('ResNet-18', 'IC-ResNet-18')],
    'step of a box sum': [
        (f'{name}, step of a box sum', name) for name in ('IC-VGG-16', 'IC-ResNet-18')
    ],
}
