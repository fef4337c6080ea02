"""Print parameters and multiply-adds, each network beside its plain twin.

python tools/complexity.py             # IC-ResNets, 224x224
python tools/complexity.py cifar       # IC-ResNets with the CIFAR stem, 32x32
python tools/complexity.py sinet       # SINet and the ablations of its paper, 224x224
python tools/complexity.py everywhere  # IC in the other networks of its paper, 32x32
python tools/complexity.py efficientnet  # and in EfficientNet, 224x224
"""

import argparse
import logging
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from ic_backbones.complexity import count
from ic_backbones.errors import run_tool

RESNETS = (
    (18, None), (18, '3x3'), (18, 'minus'),
    (34, None), (34, '3x3'), (34, 'minus'),
    (50, None), (50, '3x3'), (50, 'B'), (50, 'C'),
    (101, None), (101, '3x3'),
    (152, None), (152, '3x3'),
)  # fmt: skip
SUFFIX = {None: '', '3x3': '', 'minus': '⁻', 'B': '-B', 'C': '-C'}

# Plain network, channels of its last map, the maps of a joint decision, which convolutions SINet's
# ablation groups.
ABLATIONS = {
    'MobileNet': (
        dict(type='ic_backbones.MobileNet'),
        1024,
        {0: 64, 1: 128, 2: 256, 3: 512, 4: 1024},
        r'blocks\..*\.pointwise_conv\.conv',
    ),
    'MobileNetV2': (
        dict(type='ic_backbones.MobileNetV2', out_indices=(7,)),
        1280,
        {0: 16, 1: 24, 2: 32, 4: 96, 6: 320},
        r'layer\d\.[1-9]\.conv\.[02]\.conv',
    ),
    'ResNet-34': (
        dict(type='mmpretrain.ResNet', depth=34),
        512,
        {0: 64, 1: 128, 2: 256, 3: 512},
        r'layer\d\.\d\.conv1|layer(1\.0|\d\.[1-9])\.conv2',
    ),
    'SE-ResNet-18': (
        dict(type='ic_backbones.SEResNet', depth=18),
        512,
        {0: 64, 1: 128, 2: 256, 3: 512},
        r'layer\d\.\d\.conv2|layer(1\.0|\d\.1)\.conv1',
    ),
}


def pooled(backbone: dict, channels: int, classes: int) -> dict:
    """Config of a backbone with a linear head."""
    return dict(
        type='ImageClassifier',
        backbone=backbone,
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=classes, in_channels=channels),
    )


def joint(backbone: dict, channels: tuple[int, ...], **kwargs) -> dict:
    """Config of a backbone with SINet's joint decision."""
    head = dict(type='ic_backbones.JointDecisionHead', num_classes=1000, in_channels=channels)
    return dict(type='ImageClassifier', backbone=backbone, head=dict(head, **kwargs))


def classifier(depth: int, variant: str | None, cifar: bool) -> dict:
    """Config of a plain ResNet (``variant`` None) or an IC-ResNet with its linear head."""
    stem = '_CIFAR' if cifar else ''
    plain = dict(type=f'mmpretrain.ResNet{stem}', depth=depth)
    ic = dict(type=f'ic_backbones.ICResNet{stem}', depth=depth, variant=variant)
    channels = 512 if depth < 50 else 2048
    return pooled(plain if variant is None else ic, channels, 10 if cifar else 1000)


def resnets(cifar: bool) -> dict[str, list[tuple[str, dict]]]:
    """By plain network: its name and config, then those of what is compared with it."""
    table: dict[str, list[tuple[str, dict]]] = {}
    for depth, variant in RESNETS:
        name = ('IC-' if variant else '') + f'ResNet-{depth}{SUFFIX[variant]}'
        table.setdefault(str(depth), []).append((name, classifier(depth, variant, cifar)))
    return table


def sinets() -> dict[str, list[tuple[str, dict]]]:
    table: dict[str, list[tuple[str, dict]]] = {'SINet': []}
    for width, channels in (
        (1.0, (24, 40, 80, 96, 192)),
        (1.2, (32, 48, 96, 112, 232)),
        (1.6, (40, 64, 128, 152, 304)),
        (1.8, (40, 72, 144, 176, 344)),
    ):
        backbone = dict(type='ic_backbones.SINet', width=width, out_indices=(0, 1, 2, 3, 4))
        net = joint(backbone, channels, mid_channels=int(1280 * width))
        table['SINet'].append((f'SINet {width}', net))
    for name, (plain, channels, maps, convs) in ABLATIONS.items():
        grouped = dict(type='ic_backbones.SIBackbone', backbone=plain, convs=convs)
        several = dict(plain, out_indices=tuple(maps))
        table[name] = [
            (name, pooled(plain, channels, 1000)),
            (f'{name}, G = 2', pooled(grouped, channels, 1000)),
            (f'{name}, joint', joint(several, tuple(maps.values()), attention_channels=0.25)),
        ]
    return table


def everywhere(folder: str, pairs: dict[str, tuple[str, str]]) -> dict:
    """The plain network and the IC one of two configs in ``configs/<folder>``."""
    root = Path(__file__).parents[1] / 'configs' / folder
    return {
        name: [
            (title, Config.fromfile(root / f'{file}.py').model)
            for title, file in zip((name, f'IC-{name}'), files, strict=True)
        ]
        for name, files in pairs.items()
    }


CIFAR10 = {
    name: (f'{file}_200e', f'ic_{file}_200e')
    for name, file in (
        ('VGG-16', 'vgg16'),
        ('VGG-19', 'vgg19'),
        ('MobileNet', 'mobilenet'),
        ('SE-ResNet-18', 'se_resnet18'),
        ('SE-ResNet-50', 'se_resnet50'),
        ('ResNeXt-29 (2x64d)', 'resnext29'),
    )
}
EFFICIENTNETS = {
    f'EfficientNet-B{n}': (f'efficientnet_b{n}', f'ic_efficientnet_b{n}_wld_30e') for n in range(3)
}

TABLES = {
    'resnet': (lambda: resnets(cifar=False), 224),
    'cifar': (lambda: resnets(cifar=True), 32),
    'sinet': (sinets, 224),
    'everywhere': (lambda: everywhere('cifar10', CIFAR10), 32),
    'efficientnet': (lambda: everywhere('imagenet', EFFICIENTNETS), 224),
}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('table', nargs='?', choices=TABLES, default='resnet')
    args = parser.parse_args(argv)
    MMLogger.get_current_instance().setLevel(logging.WARNING)

    make, size = TABLES[args.table]
    print(f'{f"{size}x{size}":21} params (M)  MACs (G)  against the first')
    for rows in make().values():
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            counts = [count(MODELS.build(config), (size, size)) for _, config in rows]
        for (name, _), (params, macs) in zip(rows, counts, strict=True):
            more = ''
            if (params, macs) != counts[0]:
                more = f'{params / counts[0][0] - 1:+.1%}  {macs / counts[0][1] - 1:+.1%}'
            print(f'{name:21} {params / 1e6:10.2f} {macs / 1e9:9.3f}  {more}')


if __name__ == '__main__':
    run_tool(main)
