"""AdaptedBackbone: strides, published shapes, freezing and weights of the inner backbone."""

import pytest
import torch
from torch import nn

from ic_backbones.backbones import AdaptedBackbone
from ic_backbones.errors import InputError

RESNET = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)


def test_layers_by_name_lose_their_stride():
    net = AdaptedBackbone(
        dict(RESNET, out_indices=(0, 3)),
        unstrided=r'conv1|maxpool|layer2\.0\.(conv1|downsample\.0)',
    )
    assert (net.out_channels, net.out_strides) == ((8, 64), (1, 4))
    sizes = [feature.shape[-1] for feature in net(torch.zeros(1, 3, 32, 32))]
    assert sizes == [32, 8]


def test_inner_freezing_and_norm_eval_keep_working():
    net = AdaptedBackbone(dict(RESNET, frozen_stages=1, norm_eval=True)).train()
    assert not net.backbone.layer1[0].conv1.weight.requires_grad
    assert net.backbone.layer2[0].conv1.weight.requires_grad
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms and not any(norm.training for norm in norms)


def test_inner_weights_load_by_name_and_never_silently(tmp_path):
    torch.manual_seed(0)
    file = str(tmp_path / 'plain.pth')
    plain = AdaptedBackbone(RESNET).backbone
    torch.save(dict(state_dict={f'backbone.{k}': v for k, v in plain.state_dict().items()}), file)
    pretrained = dict(type='Pretrained', checkpoint=file, prefix='backbone.')
    net = AdaptedBackbone(dict(RESNET, init_cfg=pretrained))
    net.init_weights()
    for name, value in plain.state_dict().items():
        assert torch.equal(net.backbone.state_dict()[name], value), name
    with pytest.raises(InputError, match="the likely prefix is 'backbone.'"):
        AdaptedBackbone(
            dict(RESNET, init_cfg=dict(type='Pretrained', checkpoint=file))
        ).init_weights()


@pytest.mark.parametrize(
    'arguments, words',
    [
        (
            dict(unstrided='conv9'),
            "unstrided='conv9' matches no layer of ResNet; .* conv1, maxpool",
        ),
        (dict(init_cfg=dict(type='Pretrained')), 'has no init_cfg of its own'),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        AdaptedBackbone(RESNET, **arguments)
