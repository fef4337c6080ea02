"""Count parameters and multiply-adds of the networks.

Those in configs/ are printed, each after its plain counterpart:

resnet        IC-ResNets, 224x224
cifar         IC-ResNets with the CIFAR stem, 32x32
sinet         SINet and the ablations of its paper, 224x224
others        the networks that SINet's paper compares it with, 224x224
everywhere    IC in the other networks of its paper, 32x32
efficientnet  IC in EfficientNet, 224x224
"""

from __future__ import annotations

import logging
from argparse import ArgumentParser, Namespace
from collections import ChainMap
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ic_backbones_tools.command import Command, run_tool

if TYPE_CHECKING:
    from mmengine.config import ConfigDict


class Table(NamedTuple):
    """Networks to compare.

    Args:
        groups: The name and the config of each network, a plain one first. A depth follows the
            config if no config has this depth.
        size: The height and width of the image in pixels.
        change: Changes the model of a config into that of the table, in place.
    """

    groups: list[dict[str, str]]
    size: int
    change: Callable[[ConfigDict], None] = lambda model: None

    def network(self, name: str) -> ConfigDict:
        """The config of the model with this name."""
        from ic_backbones.config_file import read_config

        file, *depth = ChainMap(*self.groups)[name].split()
        model = read_config(file).model
        if depth:
            model.backbone.depth = int(depth[0])
        self.change(model)
        return model


def for_cifar(model: ConfigDict) -> None:
    """Give a network for ImageNet the stem and the classes of CIFAR-10."""
    model.backbone.type += '_CIFAR'
    model.head.num_classes = 10


def for_imagenet(model: ConfigDict) -> None:
    """Give a network for CIFAR-100 the stem, the strides and the classes of ImageNet."""
    backbone = model.backbone.get('backbone', model.backbone)
    backbone.type = backbone.type.removesuffix('_CIFAR')
    backbone.pop('strides', None)
    model.head.num_classes = 1000


RESNETS = [
    *(
        {
            f'ResNet-{n}': f'imagenet/resnet{n}_120e',
            f'IC-ResNet-{n}': f'imagenet/ic_resnet{n}_120e',
            f'IC-ResNet-{n}⁻': f'imagenet/ic_resnet{n}_minus_120e',
        }
        for n in (18, 34)
    ),
    {
        'ResNet-50': 'imagenet/resnet50_120e',
        'IC-ResNet-50': 'imagenet/ic_resnet50_120e',
        'IC-ResNet-50-B': 'imagenet/ic_resnet50_b_120e',
        'IC-ResNet-50-C': 'imagenet/ic_resnet50_c_120e',
    },
    {'ResNet-101': 'imagenet/resnet101_120e', 'IC-ResNet-101': 'imagenet/ic_resnet50_120e 101'},
    {'ResNet-152': 'imagenet/resnet50_120e 152', 'IC-ResNet-152': 'imagenet/ic_resnet50_120e 152'},
]
SINETS = [
    {f'SINet {width}': f'imagenet/sinet_{width}_300e' for width in (1.0, 1.2, 1.6, 1.8)},
    *(
        {
            name: f'cifar100/{file}_150e',
            f'{name}, G = 2': f'cifar100/{file}_si_150e',
            f'{name}, joint': f'cifar100/{file}_joint_150e',
        }
        for name, file in (
            ('MobileNet', 'mobilenet'),
            ('MobileNetV2', 'mobilenet_v2'),
            ('ResNet-34', 'resnet34'),
            ('SE-ResNet-18', 'se_resnet18'),
        )
    ),
]
OTHERS = [
    {name: f'imagenet/{file}'}
    for name, file in (
        ('VGG-16', 'vgg16_120e'),
        ('ResNet-34', 'resnet34_120e'),
        ('AlexNet', 'alexnet_120e'),
        ('MobileNet', 'mobilenet_300e'),
        ('MobileNetV2', 'mobilenet_v2_300e'),
        ('MobileNetV2, 1.4', 'mobilenet_v2_1.4_300e'),
        ('ShuffleNet, 1.5', 'shufflenet_v1_1.5_300e'),
        ('ShuffleNet, 2', 'shufflenet_v1_2.0_300e'),
        ('ShuffleNetV2, 2', 'shufflenet_v2_2.0_300e'),
    )
]
EVERYWHERE = [
    {name: f'cifar10/{file}_200e', f'IC-{name}': f'cifar10/ic_{file}_200e'}
    for name, file in (
        ('VGG-16', 'vgg16'),
        ('VGG-19', 'vgg19'),
        ('MobileNet', 'mobilenet'),
        ('SE-ResNet-18', 'se_resnet18'),
        ('SE-ResNet-50', 'se_resnet50'),
        ('ResNeXt-29 (2x64d)', 'resnext29'),
    )
]
EFFICIENTNETS = [
    {
        f'EfficientNet-B{n}': f'imagenet/efficientnet_b{n}',
        f'IC-EfficientNet-B{n}': f'imagenet/ic_efficientnet_b{n}_wld_30e',
    }
    for n in range(3)
]
TABLES = {
    'resnet': Table(RESNETS, 224),
    'cifar': Table(RESNETS, 32, for_cifar),
    'sinet': Table(SINETS, 224, for_imagenet),
    'others': Table(OTHERS, 224),
    'everywhere': Table(EVERYWHERE, 32),
    'efficientnet': Table(EFFICIENTNETS, 224),
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        'table', nargs='?', choices=list(TABLES), default='resnet', help='(default: resnet)'
    )


def run(args: Namespace) -> None:
    from mmengine.logging import MMLogger
    from mmengine.registry import DefaultScope
    from mmpretrain.registry import MODELS

    from ic_backbones.complexity import count

    table = TABLES[args.table]
    MMLogger.get_current_instance().setLevel(logging.WARNING)

    size = (table.size, table.size)
    print('{:21} params (M)  MACs (G)  against the first'.format('{}x{}'.format(*size)))
    for names in table.groups:
        first = None
        for name in names:
            with DefaultScope.overwrite_default_scope('mmpretrain'):
                params, macs = count(MODELS.build(table.network(name)), size)
            first = first or (params, macs)
            more = ''
            if (params, macs) != first:
                more = f'{params / first[0] - 1:+.1%}  {macs / first[1] - 1:+.1%}'
            print(f'{name:21} {params / 1e6:10.2f} {macs / 1e9:9.3f}  {more}')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
