"""IC, IC⁻ and SfNet from scratch, next to plain networks of the same and of a larger width.

17 channels in place of 16 give the wider networks the multiply-adds of the IC ones, within 1 %: the
control that the papers lack.
"""

from collections.abc import Sequence

from cifar10_20000 import SCREEN
from narrow import NARROW_VGG, with_ic
from screen_step_cifar10 import resnet

common = SCREEN
WIDE_RESNET = {
    'model.backbone.stem_channels': 17,
    'model.backbone.base_channels': 17,
    'model.head.in_channels': 136,
}
WIDE_VGG = {'model.backbone.base_channels': 17, 'model.head.in_channels': 136}
SFNET = {
    'model.backbone.composed_scales': (4, 5),
    'model.backbone.smear_channels': 4,
}
vgg = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)


def vgg_with(options: dict) -> dict:
    return dict(vgg['VGG-16'], options=vgg['VGG-16']['options'] | options)


rows = {
    'ResNet-18': resnet('resnet18_200e', against='ResNet-18'),
    'ResNet-18, wider': resnet('resnet18_200e', WIDE_RESNET),
    'IC-ResNet-18': resnet('ic_resnet18_200e', against=['ResNet-18', 'ResNet-18, wider']),
    'IC-ResNet-18⁻': resnet('ic_resnet18_minus_200e'),
    'VGG-16': vgg['VGG-16'],
    'VGG-16, wider': vgg_with(WIDE_VGG),
    'IC-VGG-16': dict(vgg['IC-VGG-16'], against=['VGG-16', 'VGG-16, wider']),
    'SfNet': vgg_with(SFNET),
    **with_ic(
        'MobileNet', 'mobilenet_200e', {'widen_factor': 0.5, 'strides': (2, 1, 1, 2, 2, 2)}, 512
    ),
}
IC = ('ResNet-18', 'VGG-16', 'MobileNet')
together = {
    'IC': [(f'IC-{name}', name) for name in IC],
    'IC, against the wider network': [(f'IC-{name}', f'{name}, wider') for name in IC[:2]],
}


def with_variant(names: Sequence[str], suffix: str, options: dict) -> dict[str, dict]:
    """The rows of some networks: plain, IC, and IC with further options."""
    chosen = {}
    for name in names:
        ic = dict(rows[f'IC-{name}'], against=name)
        variant = dict(ic, options=ic['options'] | options, against=[name, f'IC-{name}'])
        chosen |= {name: rows[name], f'IC-{name}': ic, f'IC-{name}{suffix}': variant}
    return chosen
