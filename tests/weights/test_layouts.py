"""A plain network's checkpoint fits networks of another layout, however it is loaded."""

import pytest
import torch
from helpers import randomise_norms
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.runner.checkpoint import load_state_dict
from torch import nn

from ic_backbones.registry import MODELS

RESNET = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
GROUPED = dict(type='SIBackbone', backbone=RESNET, convs=r'layer1\..*conv1')
CASES = {
    'norms that take over a bias': (
        dict(type='mmpretrain.VGG', depth=11, norm_cfg=dict(type='BN')),
        dict(type='SfNet', depth=11),
    ),
    'composed layers': (RESNET, dict(RESNET, type='SCResNet')),
    'composed layers of bottlenecks': (
        dict(RESNET, depth=50),
        dict(RESNET, depth=50, type='SCResNet'),
    ),
    'group convolutions': (RESNET, GROUPED),
    'IC layers around group convolutions': (
        RESNET,
        dict(type='ICBackbone', backbone=GROUPED, convs=r'layer2.*conv\d', alpha=0.0),
    ),
}


def by_init_cfg(config, state, path):
    torch.save(state, path)
    inner = config = dict(config)
    while 'backbone' in inner:
        inner['backbone'] = inner = dict(inner['backbone'])
    inner['init_cfg'] = dict(type='Pretrained', checkpoint=str(path))
    net = MODELS.build(config)
    net.init_weights()
    return net


def by_load_from(config, state, path):
    """As the runner's ``load_from`` and ``--resume``, into a whole model."""
    model = nn.ModuleDict(dict(backbone=MODELS.build(config)))
    model.backbone.init_weights()
    load_state_dict(model, {f'backbone.{name}': value for name, value in state.items()})
    return model.backbone


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('load', [by_init_cfg, by_load_from])
def test_all_that_the_plain_network_has_is_loaded(name, load, tmp_path):
    plain, config = CASES[name]
    torch.manual_seed(0)
    state = randomise_norms(MODELS.build(plain)).state_dict()
    net = load(config, state, tmp_path / 'plain.pth')
    new = net.new_tensors()
    own = {k: v for k, v in net.state_dict().items() if k not in new}
    assert len(own) > 20 and own.keys() <= state.keys()
    for key, value in own.items():
        expected = state[key]
        if name.startswith('norms') and key.endswith('bn.running_mean'):
            expected = expected - state[key.replace('bn.running_mean', 'conv.bias')]
        if expected.shape != value.shape:  # two groups: the blocks on the diagonal
            half = len(value) // 2
            expected = torch.cat([expected[:half, :half], expected[half:, half:]])
        assert torch.equal(value, expected), key
    norms = [key for key in new if key.endswith('running_mean')]
    assert all((net.state_dict()[key] == 0).all() for key in norms)
    assert bool(norms) == name.startswith(('norms that take over a bias', 'composed layers'))


@pytest.mark.parametrize(
    'config',
    [
        dict(type='SIBackbone', backbone=dict(RESNET, base_channels=2), convs=r'layer1\..*conv1'),
        dict(type='SfNet', depth=11),
    ],
)
def test_a_networks_own_state_loads_as_it_is(config):
    """Also with two channels for two groups, and with norms folded into biases."""
    net = fuse_conv_bn(randomise_norms(MODELS.build(config)).eval())
    state = {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
