"""Backbones of mmpretrain, mmdet and timm in ICBackbone: what is published, and alpha = 0."""

import copy

import pytest
import torch
from helpers import randomise_norms

from ic_backbones.backbones import ICBackbone
from ic_backbones.ops import ic_layers
from ic_backbones.registry import MODELS

KERNEL_3 = dict(convs=dict(kernel_size=3, skip_first=True))
PATCHES = dict(convs='patch_embed.projection')
CONV_MODULES = dict(
    depthwise=r'.*depthwise_conv\.conv', pointwise=r'.*(linear|pointwise)_conv\.conv'
)
VIT = dict(embed_dims=16, num_layers=1, num_heads=1, feedforward_channels=16)
RESNET = dict(stem_channels=4, base_channels=4)
DCN = dict(type='DCNv2', deform_groups=1, fallback_on_stride=False)
ONE_OF_EACH = dict(stage_channels=(8, 8, 8), stage_blocks=(1, 1, 1), feat_channel=8)

# The inner backbone, its IC layers, how many, the channels and strides of its outputs.
INNER = {
    'RepVGG': (
        dict(
            type='mmpretrain.RepVGG',
            arch=dict(
                num_blocks=[1, 1, 1, 1],
                width_factor=[0.125] * 4,
                group_layer_map=None,
                se_cfg=None,
                stem_channels=8,
            ),
            out_indices=(0, 3),
        ),
        KERNEL_3,
        4,
        ((8, 64), (4, 32)),
    ),
    'RegNet': (
        dict(type='mmpretrain.RegNet', arch='regnetx_400mf', out_indices=(0, 1)),
        dict(convs=r'layer[12].*conv2'),
        3,
        ((32, 64), (4, 8)),
    ),
    'ViT, a map': (
        dict(type='mmpretrain.VisionTransformer', arch=VIT, img_size=64, out_type='featmap'),
        PATCHES,
        1,
        ((16,), (16,)),
    ),
    'ViT, tokens': (
        dict(type='mmpretrain.VisionTransformer', arch=VIT, img_size=64, out_type='raw'),
        PATCHES,
        1,
        ((16,), (0,)),
    ),
    'LeViT, of fixed size': (
        dict(type='mmpretrain.LeViT', arch='128s', img_size=224, patch_size=16),
        dict(convs=r'patch_embed\.patch_embed\.0\.conv'),
        1,
        ((384,), (64,)),
    ),
    'Conformer, which returns tuples': (
        dict(
            type='mmpretrain.Conformer',
            arch=dict(embed_dims=24, channel_ratio=1, num_heads=1, depths=12),
        ),
        dict(convs=r'conv_1\.conv2'),
        1,
        (None, None),
    ),
    'MobileNetV3, pairs': (
        dict(type='mmpretrain.MobileNetV3', arch='small_050', out_indices=(0, 3, 8)),
        dict(pairs=CONV_MODULES),
        11,
        ((16, 16, 24), (2, 8, 16)),
    ),
    'ShuffleNetV2, pairs': (
        dict(type='mmpretrain.ShuffleNetV2', widen_factor=0.5, out_indices=(0, 1, 2)),
        dict(pairs=dict(depthwise=r'.*branch2\.1\.conv', pointwise=r'.*branch2\.2\.conv')),
        16,
        ((48, 96, 192), (8, 16, 32)),
    ),
    'ConvNeXt, pairs': (
        dict(
            type='mmpretrain.ConvNeXt',
            arch=dict(depths=[1] * 4, channels=[4, 8, 12, 16]),
            linear_pw_conv=False,
            gap_before_final_norm=False,
        ),
        dict(pairs=dict(depthwise=r'.*\.depthwise_conv', pointwise=r'.*\.pointwise_conv1')),
        4,
        ((16,), (32,)),
    ),
    "mmdet's ResNet with DCN": (
        dict(
            type='mmdet.ResNet',
            depth=50,
            dcn=DCN,
            stage_with_dcn=(False, False, True, True),
            **RESNET,
        ),
        dict(convs=r'layer\d\.\d\.conv2'),
        7,
        ((16, 32, 64, 128), (4, 8, 16, 32)),
    ),
    "mmdet's CSPNeXt, pairs": (
        dict(type='mmdet.CSPNeXt', deepen_factor=0.17, widen_factor=0.125),
        dict(pairs=CONV_MODULES),
        4,
        ((32, 64, 128), (8, 16, 32)),
    ),
    'Hourglass': (
        dict(type='mmdet.HourglassNet', downsample_times=2, num_stacks=1, **ONE_OF_EACH),
        KERNEL_3,
        19,
        ((8,), (4,)),
    ),
    "timm's EfficientNet, pairs": (
        dict(
            type='mmpretrain.TIMMBackbone',
            model_name='mobilenetv3_small_050',
            features_only=True,
            out_indices=(1, 2, 3),
        ),
        dict(pairs=dict(depthwise=r'.*blocks\.[1-4].*conv_dw', pointwise=r'.*\.conv_pwl')),
        10,
        ((8, 16, 24), (4, 8, 16)),
    ),
}


@pytest.mark.parametrize('name', INNER)
@torch.no_grad()
def test_it_is_the_plain_network_at_alpha_zero(name):
    inner, rule, count, published = INNER[name]
    torch.manual_seed(0)
    plain = randomise_norms(MODELS.build(copy.deepcopy(inner)))
    plain.eval()
    net = ICBackbone(copy.deepcopy(inner), alpha=0.0, alpha_mode='learned', **rule).eval()
    layers = ic_layers(net)
    assert len(layers) == count and (net.out_channels, net.out_strides) == published
    net.load_state_dict(plain.state_dict(), strict=False)
    size = 224 if 'fixed' in name else 64
    x = torch.randn(1, 3, size, size)
    for found, expected in zip(tensors(net(x)), tensors(plain(x)), strict=True):
        assert torch.equal(found, expected)
    for layer in layers.values():
        layer.alpha.fill_(1)
    assert any(
        not torch.equal(*two) for two in zip(tensors(net(x)), tensors(plain(x)), strict=True)
    )


def test_what_a_frozen_stage_gets_does_not_learn():
    """mmpretrain's ViT freezes when it is built, and not whenever it trains."""
    for frozen in (0, 1):
        inner = dict(type='mmpretrain.VisionTransformer', arch=VIT, frozen_stages=frozen)
        net = ICBackbone(inner, **PATCHES, alpha=0.0, alpha_mode='learned').train()
        layer = net.inner.patch_embed.projection
        assert {p.requires_grad for p in layer.parameters()} == {frozen == 0}


def tensors(outputs):
    """The tensors in nested tuples."""
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    return [tensor for output in outputs for tensor in tensors(output)]
