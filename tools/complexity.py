"""Print parameters and multiply-adds, plain beside IC: python tools/complexity.py [--cifar]."""

import argparse
import logging

from mmengine.logging import MMLogger
from mmpretrain.registry import MODELS

from ic_backbones.complexity import count
from ic_backbones.errors import run_tool

ROWS = (
    (18, None), (18, '3x3'), (18, 'minus'),
    (34, None), (34, '3x3'), (34, 'minus'),
    (50, None), (50, '3x3'), (50, 'B'), (50, 'C'),
    (101, None), (101, '3x3'),
    (152, None), (152, '3x3'),
)  # fmt: skip
SUFFIX = {None: '', '3x3': '', 'minus': '⁻', 'B': '-B', 'C': '-C'}


def classifier(depth: int, variant: str | None, cifar: bool) -> dict:
    """Config of a plain ResNet (``variant`` None) or an IC-ResNet with its linear head."""
    stem = '_CIFAR' if cifar else ''
    plain = dict(type=f'mmpretrain.ResNet{stem}', depth=depth)
    ic = dict(type=f'ic_backbones.ICResNet{stem}', depth=depth, variant=variant)
    return dict(
        type='ImageClassifier',
        backbone=plain if variant is None else ic,
        neck=dict(type='GlobalAveragePooling'),
        head=dict(
            type='LinearClsHead',
            num_classes=10 if cifar else 1000,
            in_channels=512 if depth < 50 else 2048,
        ),
    )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cifar', action='store_true', help='32x32, 10 classes, CIFAR stem')
    args = parser.parse_args(argv)
    size = (32, 32) if args.cifar else (224, 224)
    MMLogger.get_current_instance().setLevel(logging.WARNING)

    print(f'{size[1]}x{size[0]}           params (M)  MACs (G)  against plain')
    for depth, variant in ROWS:
        params, macs = count(MODELS.build(classifier(depth, variant, args.cifar)), size)
        if variant is None:
            plain = params, macs
        more = f'+{params / plain[0] - 1:.1%}  +{macs / plain[1] - 1:.1%}' if variant else ''
        name = ('IC-' if variant else '') + f'ResNet-{depth}{SUFFIX[variant]}'
        print(f'{name:17} {params / 1e6:10.2f} {macs / 1e9:9.3f}  {more}')


if __name__ == '__main__':
    run_tool(main)
