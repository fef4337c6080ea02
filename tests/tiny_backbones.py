"""Every registered backbone, as small as it gets."""

import copy

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone

from ic_backbones.registry import MODELS

NARROW = dict(depth=18, stem_channels=8, base_channels=8, out_indices=(0, 1, 2, 3))
TINY = {
    'AdaptedBackbone': dict(
        backbone=dict(type='mmpretrain.ResNet', **NARROW), unstrided=r'conv1|layer2\.0\..*'
    ),
    'ICBackbone': dict(
        backbone=dict(type='ic_backbones.MobileNet', widen_factor=0.25, out_indices=(1, 2, 4)),
        pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.pointwise_conv\.conv'),
        alpha=1.0,
    ),
    'ICResNet': NARROW,
    'ICResNet_CIFAR': NARROW,
    'MobileNet': dict(widen_factor=0.25, out_indices=(0, 1, 2, 3, 4)),
    'MobileNetV2': dict(widen_factor=0.25, out_indices=(1, 2, 4, 6)),
    'ResNeXt_CIFAR': dict(
        depth=29, num_stages=3, groups=2, width_per_group=4, stem_channels=8, out_indices=(0, 2)
    ),
    'SCResNet': NARROW,
    'SEResNet': NARROW,
    'SEResNet_CIFAR': NARROW,
    'SIBackbone': dict(
        backbone=dict(type='mmpretrain.ResNet', **NARROW), convs=r'layer\d\.\d\.conv\d'
    ),
    'SINet': dict(width=0.4, units=(1, 1, 2, 1, 1), out_indices=(0, 1, 2, 3, 4)),
    'SfNet': dict(depth=11, out_indices=(0, 1, 2, 3, 4), ceil_mode=True),
}

REGISTERED = [name for name, cls in MODELS.module_dict.items() if issubclass(cls, BaseBackbone)]


def config(name, **arguments):
    """The config of a tiny backbone; the arguments go to the innermost one."""
    cfg = copy.deepcopy(dict(type=name, **TINY[name]))
    inner = cfg
    while 'backbone' in inner:
        inner = inner['backbone']
    inner.update(arguments)
    return cfg


def build(name, seed=0, **arguments):
    torch.manual_seed(seed)
    return MODELS.build(config(name, **arguments))
