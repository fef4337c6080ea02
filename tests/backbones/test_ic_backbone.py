"""IC layers in other backbones: the plain network at alpha = 0, rules, what cannot be one."""

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from helpers import randomise_norms
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from tiny_backbones import build
from torch import nn

from ic_backbones.backbones import ICBackbone
from ic_backbones.models import create
from ic_backbones.ops import ic_layers

CONFIGS = Path(__file__).parents[2] / 'configs'
EVERYWHERE = sorted(
    str(path.relative_to(CONFIGS))
    for path in CONFIGS.glob('*/ic_*.py')
    if 'ICBackbone' in Config.fromfile(path).model.backbone.type
)
RESNET = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
KERNEL_3 = dict(name=r'layer.*', kernel_size=3)
START = dict(alpha=0.0, alpha_mode='learned')
PAIRS = dict(depthwise=r'.*depthwise_conv\.conv', pointwise=r'.*pointwise_conv\.conv')


def test_scalar_is_equation_5_and_not_for_pairs():
    net = ICBackbone(RESNET, convs=KERNEL_3, scalar=True)
    assert {layer.w_prime.shape[1] for layer in ic_layers(net).values()} == {1}
    with pytest.raises(ValueError, match='scalar: pairs do not have the form of eq. 5'):
        ICBackbone(dict(type='mmpretrain.MobileNetV2'), pairs=PAIRS, scalar=True)


@pytest.mark.parametrize(
    'given, expected',
    [
        ({}, (0.0, 'learned')),
        (dict(alpha=0.5), (0.5, 'constant')),
        (dict(alpha_mode='scheduled'), (1.0, 'scheduled')),
    ],
)
def test_pairs_learn_alpha_from_0_unless_it_is_given(given, expected):
    net = ICBackbone(dict(type='MobileNet', widen_factor=0.25), pairs=PAIRS, **given)
    assert {(float(x.alpha), x.alpha_mode) for x in ic_layers(net).values()} == {expected}


def test_the_papers_networks_are_there():
    names = ' '.join(EVERYWHERE)
    for network in ('vgg16', 'vgg19', 'mobilenet', 'se_resnet18', 'se_resnet50', 'resnext29'):
        assert f'cifar10/ic_{network}_200e.py' in names
    for size in ('b0', 'b1', 'b2'):
        assert f'imagenet/ic_efficientnet_{size}_wld_30e.py' in names


@pytest.mark.parametrize('config', EVERYWHERE)
def test_at_alpha_zero_each_is_its_plain_network(config, tmp_path):
    ic = copy.deepcopy(Config.fromfile(CONFIGS / config).model.backbone)
    plain = copy.deepcopy(ic.backbone)
    ic.update(START)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        plain = MODELS.build(plain)
        file = str(tmp_path / 'plain.pth')
        torch.save(randomise_norms(plain).state_dict(), file)
        plain.eval()
        ic.backbone.init_cfg = dict(type='Pretrained', checkpoint=file)
        net = MODELS.build(ic)
        net.init_weights()
    layers = ic_layers(net)
    assert layers and all(layer.w_prime.abs().max() > 0 for layer in layers.values())
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected, found = plain(x), net.eval()(x)
        assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))
        for layer in layers.values():
            layer.alpha.fill_(1)
        assert not torch.equal(net(x)[-1], expected[-1])


@pytest.mark.parametrize(
    'convs, names',
    [
        (r'layer1\.0\.conv1', {'layer1.0.conv1'}),
        (
            dict(name=r'layer1\..*', kernel_size=3),
            {f'layer1.{b}.conv{c}' for b in '01' for c in '12'},
        ),
        (dict(kernel_size=7), {'conv1'}),
    ],
)
def test_rules(convs, names):
    assert set(ic_layers(ICBackbone(RESNET, convs).backbone)) == names


def test_all_but_the_first():
    layers = ic_layers(ICBackbone(RESNET, dict(skip_first=True)).backbone)
    assert 'conv1' not in layers and len(layers) == 19


def test_the_inner_backbone_keeps_its_arguments():
    """Outputs, freezing (of what is put in, too), norm_eval, alpha that is scheduled."""
    inner = dict(RESNET, out_indices=(1, 3), frozen_stages=1, norm_eval=True)
    net = ICBackbone(inner, KERNEL_3, alpha=0.5, alpha_mode='scheduled').train()
    assert (net.out_channels, net.out_strides) == ((16, 64), (8, 32))
    assert [f.shape[1] for f in net(torch.zeros(1, 3, 64, 64))] == [16, 64]
    layers = ic_layers(net.backbone)
    assert not layers['layer1.0.conv1'].w_prime.requires_grad
    assert layers['layer2.0.conv1'].w_prime.requires_grad
    assert all(layer.alpha == 0.5 for layer in layers.values())
    assert not any(m.training for m in net.modules() if isinstance(m, nn.BatchNorm2d))


def test_is_the_ic_resnet():
    torch.manual_seed(0)
    narrow = {key: value for key, value in RESNET.items() if key != 'type'}
    own = MODELS.build(dict(type='ic_backbones.ICResNet', **narrow)).eval()
    net = ICBackbone(RESNET, KERNEL_3).eval()
    net.load_state_dict(own.state_dict())
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(net(x)[0], own(x)[0])


def test_threads_can_share_a_network():
    net = create('ic_efficientnet_b0', features_only=True, out_indices=(3,)).eval()
    for layer in ic_layers(net).values():
        nn.init.constant_(layer.alpha, 0.7)  # so that another thread's input would show
    images = [torch.randn(1, 3, 32, 32 + 32 * (index % 2)) for index in range(12)]
    features = torch.no_grad()(lambda image: net(image)[0])  # the mode belongs to a thread
    expected = [features(image) for image in images]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(features, images))
    assert all(map(torch.equal, found, expected))


@torch.no_grad()
def test_norms_can_be_exchanged():
    """Distributed training takes SyncBN, and mmdet's inference on a CPU goes back."""
    net = randomise_norms(build('ICBackbone')).eval()
    x = torch.randn(1, 3, 64, 64)
    expected = net(x)
    twin = revert_sync_batchnorm(nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(net)))
    assert any(type(module).__name__ == '_BatchNormXd' for module in twin.modules())
    twin.eval()  # PyTorch 2.1 forgets the mode
    assert all(map(torch.equal, twin(x), expected))


def test_backbone_of_timm():
    inner = dict(
        type='mmpretrain.TIMMBackbone', model_name='resnet10t', features_only=True,
        out_indices=(1, 2, 3, 4),
    )  # fmt: skip
    torch.manual_seed(0)
    plain = randomise_norms(MODELS.build(inner))
    plain.eval()
    net = ICBackbone(inner, dict(name=r'timm_model\.layer.*', kernel_size=3), **START).eval()
    assert net.out_strides == (4, 8, 16, 32)
    net.load_state_dict(plain.state_dict(), strict=False)
    x = torch.randn(1, 3, 64, 64)
    assert len(ic_layers(net)) == 8
    assert all(torch.equal(*pair) for pair in zip(net(x), plain(x), strict=True))


@pytest.mark.parametrize(
    'arguments, words',
    [
        (dict(), 'ICBackbone: has neither convs'),
        (
            dict(convs='conv9'),
            'ResNet: the rule matches no submodule; its convolutions are conv1',
        ),
        (dict(convs=dict(kernel_size=5)), 'the rule matches no submodule'),
        (dict(convs='(layer'), "'.layer': is not a regular expression .missing"),
        (
            dict(convs=dict(kernel=3)),
            'convs: has the keys kernel; give some of kernel_size, name, skip',
        ),
        (
            dict(pairs=dict(depthwise='a')),
            'pairs: has the keys depthwise; give all of depthwise, poin',
        ),
        (dict(convs=KERNEL_3, alpha_mode='fixed'), "alpha_mode: 'fixed' does not exist"),
        (dict(pairs=dict(depthwise='conv1', pointwise='conv9')), 'matches 1 modules and'),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        ICBackbone(RESNET, **arguments)
