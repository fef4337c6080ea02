"""IC, IC⁻ and SfNet from scratch, next to plain networks of the same and of a larger width.

17 channels in place of 16 give the wider networks the multiply-adds of the IC ones, within 1 %: the
control that the papers lack.
"""

from collections.abc import Sequence

from cifar10_20000 import SCREEN
from narrow import VGG, changed, resnet, with_ic

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
rows = {
    'ResNet-18': resnet('resnet18_200e', against='ResNet-18'),
    'ResNet-18, wider': resnet('resnet18_200e', WIDE_RESNET),
    'IC-ResNet-18': resnet('ic_resnet18_200e', against=['ResNet-18', 'ResNet-18, wider']),
    'IC-ResNet-18⁻': resnet('ic_resnet18_minus_200e'),
    'VGG-16': VGG['VGG-16'],
    'VGG-16, wider': changed(VGG['VGG-16'], WIDE_VGG),
    'IC-VGG-16': VGG['IC-VGG-16'] | dict(against=['VGG-16', 'VGG-16, wider']),
    'SfNet': changed(VGG['VGG-16'], SFNET),
    **with_ic(
        'MobileNet', 'mobilenet_200e', {'widen_factor': 0.5, 'strides': (2, 1, 1, 2, 2, 2)}, 512
    ),
}
WIDENED = ('ResNet-18', 'VGG-16')
together = {
    'IC': [(f'IC-{name}', name) for name in (*WIDENED, 'MobileNet')],
    'IC, without MobileNet': [(f'IC-{name}', name) for name in WIDENED],
    'IC, against the wider network': [(f'IC-{name}', f'{name}, wider') for name in WIDENED],
    'the wider network': [(f'{name}, wider', name) for name in WIDENED],
}


def with_variant(names: Sequence[str], suffix: str, options: dict) -> dict[str, dict]:
    """The rows of some networks: plain, IC, and IC with further options."""
    chosen = {}
    for name in names:
        ic = rows[f'IC-{name}'] | dict(against=name)
        variant = changed(ic, options, against=[name, f'IC-{name}'])
        chosen |= {name: rows[name], f'IC-{name}': ic, f'IC-{name}{suffix}': variant}
    return chosen
