"""One suite over every registered backbone: a new one is tested for free."""

import pytest
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


def build(name):
    torch.manual_seed(0)
    return MODELS.build(dict(type=name, **TINY[name]))


@pytest.mark.parametrize('name', REGISTERED)
@pytest.mark.parametrize('size', [(65, 71), (98, 51)])
def test_shapes_are_as_published_and_every_parameter_learns(name, size):
    net = build(name).train()
    features = net(torch.randn(2, 3, *size))
    assert len(features) == len(net.out_channels) == len(net.out_strides)
    for feature, channels, stride in zip(features, net.out_channels, net.out_strides, strict=True):
        assert feature.shape == (2, channels, *(-(-edge // stride) for edge in size))
    sum(f.square().mean() for f in features).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize('name', REGISTERED)
def test_saving_and_loading_gives_the_same_features(name, tmp_path):
    net = build(name)
    assert net.eval() is net
    torch.save(net.state_dict(), tmp_path / 'net.pth')
    torch.manual_seed(1)
    other = MODELS.build(dict(type=name, **TINY[name])).eval()
    x = torch.randn(1, 3, 64, 64)
    assert not torch.equal(other(x)[-1], net(x)[-1])
    other.load_state_dict(torch.load(tmp_path / 'net.pth'))
    for feature, expected in zip(other(x), net(x), strict=True):
        assert torch.equal(feature, expected)
