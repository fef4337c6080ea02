"""SIBackbone: what is grouped, what exchanges, how near the counts are to the paper's."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from torch import nn

from ic_backbones.backbones import SIBackbone
from ic_backbones.backbones.si_backbone import to_grouped
from ic_backbones.complexity import count
from ic_backbones.ops import Exchange
from ic_backbones_tools.complexity import TABLES

# Millions of parameters in tables 3 and 4; how near the rules come.
PAPER = {
    'MobileNet': (2.66, 0.005, 5.24, 0.06),
    'MobileNetV2': (2.89, 0.04, 2.43, 0.05),
    'ResNet-34': (12.99, 0.02, 22.32, 0.005),
    'SE-ResNet-18': (7.37, 0.05, 12.30, 0.005),
}


@pytest.fixture(autouse=True)
def scope():
    """The configs name mmpretrain's networks without its prefix."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


def adapted(name):
    """The config of the backbone with group convolutions; it holds the plain one's."""
    return TABLES['sinet'].network(f'{name}, G = 2').backbone


@pytest.mark.parametrize('name', PAPER)
def test_counts_of_tables_3_and_4(name):
    grouped, joint = (TABLES['sinet'].network(f'{name}, {kind}') for kind in ('G = 2', 'joint'))
    params, near, joint_params, joint_near = PAPER[name]
    assert count(MODELS.build(grouped))[0] == pytest.approx(params * 1e6, rel=near)
    assert count(MODELS.build(joint))[0] == pytest.approx(joint_params * 1e6, rel=joint_near)


def small(name, **kwargs):
    torch.manual_seed(0)
    config = adapted(name)
    narrow = dict(stem_channels=8, base_channels=8) if 'ResNet' in name else dict(widen_factor=0.5)
    config.backbone.update(narrow)
    return MODELS.build(dict(config, **kwargs)).eval()


@pytest.mark.parametrize('name, shortcuts', [
    ('MobileNet', 8), ('MobileNetV2', 10), ('ResNet-34', 13), ('SE-ResNet-18', 5),
])  # fmt: skip
def test_number_of_exchange_shortcuts(name, shortcuts):
    net = small(name)
    assert sum(isinstance(module, Exchange) for module in net.modules()) == shortcuts
    assert not any(isinstance(m, Exchange) for m in small(name, exchange=False).modules())


def test_block_of_a_resnet_is_equation_1():
    net = small('ResNet-34').backbone
    block = net.layer2[1]
    x = torch.randn(2, 16, 6, 6)
    y = block.norm2(block.conv2(block.norm1(block.conv1(x)).relu()))
    halves = [y.chunk(2, 1)[half] + x.chunk(2, 1)[1 - half] for half in (0, 1)]
    torch.testing.assert_close(block(x), torch.cat(halves, 1).relu())


@pytest.mark.parametrize('name, block', [
    ('MobileNet', lambda net: net.blocks[1][1]),
    ('MobileNetV2', lambda net: net.layer3[1]),
])  # fmt: skip
def test_block_of_a_mobilenet_is_equation_1(name, block):
    block = block(small(name).backbone)
    conv = next(module for module in block.modules() if isinstance(module, nn.Conv2d))
    x = torch.randn(2, conv.in_channels, 6, 6)
    parts = (block.depthwise_conv, block.pointwise_conv) if name == 'MobileNet' else block.conv
    branch = nn.Sequential(*parts)
    halves = [branch(x).chunk(2, 1)[h] + x.chunk(2, 1)[1 - h] for h in (0, 1)]
    torch.testing.assert_close(block(x), torch.cat(halves, 1))


def test_group_convolutions_keep_the_diagonal_blocks():
    narrow = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
    torch.manual_seed(0)
    full = MODELS.build(narrow).layer1[0].conv1.weight
    torch.manual_seed(0)
    grouped = SIBackbone(narrow, r'layer1\..*conv1').backbone.layer1[0].conv1.weight
    assert torch.equal(grouped, torch.cat([full[:4, :4], full[4:, 4:]]))


@pytest.mark.parametrize('name', PAPER)
def test_a_plain_networks_checkpoint_and_its_own_load(name, tmp_path):
    config = adapted(name)
    plain, convs = config.backbone, config.convs
    torch.manual_seed(0)
    full = MODELS.build(plain).state_dict()
    torch.save(full, tmp_path / 'plain.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'plain.pth'))
    net = SIBackbone(dict(plain, init_cfg=init), convs)
    net.init_weights()
    state = net.state_dict()
    assert state.keys() == full.keys()
    for key, value in state.items():
        if value.shape == full[key].shape:
            assert torch.equal(value, full[key]), key
        else:
            rows, columns = value.shape[0] // 2, value.shape[1]
            assert torch.equal(value[:rows], full[key][:rows, :columns])
            assert torch.equal(value[rows:], full[key][rows:, columns:])
    torch.save(state, tmp_path / 'plain.pth')
    again = SIBackbone(dict(plain, init_cfg=init), convs)
    again.init_weights()
    assert all(torch.equal(again.state_dict()[key], value) for key, value in state.items())


@pytest.mark.parametrize(
    'convs, words',
    [
        ('nothing', 'ResNet: the rule matches no submodule'),
        ('conv1', '3 to 64 channels cannot be divided into 2 groups'),
    ],
)
def test_wrong_rules_are_refused(convs, words):
    with pytest.raises(ValueError, match=words):
        SIBackbone(dict(type='mmpretrain.ResNet', depth=18), convs)


def test_blocks_of_others_do_not_exchange():
    mmdets = dict(type='mmdet.ResNet', depth=18)
    with pytest.raises(ValueError, match='no block with a shortcut that can exchange'):
        SIBackbone(mmdets, r'layer1.*conv1')
    assert SIBackbone(mmdets, r'layer1.*conv1', exchange=False).backbone.layer1[0].conv1.groups == 2
    with pytest.raises(ValueError, match='groups: 0 is less than 1'):
        SIBackbone(mmdets, r'layer1.*conv1', groups=0)


def test_a_convolution_with_a_hook_is_refused():
    from torch.nn.utils import weight_norm

    with pytest.raises(TypeError, match='this Conv2d cannot become a group convolution'):
        to_grouped(weight_norm(torch.nn.Conv2d(4, 4, 1)), 2)
