"""SfNet: counts, structure, weights of the plain network."""

import copy

import pytest
import torch
from helpers import count_calls, randomise_norms
from mmpretrain.models.backbones import VGG
from mmpretrain.registry import MODELS as MMPRETRAIN
from torch import nn

from ic_backbones.backbones import SfNet
from ic_backbones.complexity import count
from ic_backbones.ops import MixedSCLayer, SCLayer

BN = dict(type='BN')


def classifier(backbone, channels, classes, size):
    hidden = 1024 if size == 32 else 2048
    head = dict(
        type='ic_backbones.FlattenedLinearClsHead',
        num_classes=classes,
        in_channels=channels * (size // 32) ** 2,
        mid_channels=[hidden, hidden],
        norm_cfg=dict(type='BN1d'),
    )
    return MMPRETRAIN.build(dict(type='ImageClassifier', backbone=backbone, head=head))


@pytest.mark.parametrize(
    'type_, classes, size, params, macs',
    [
        ('VGG', 10, 32, 16.31e6, 0.3148e9),
        ('ic_backbones.SfNet', 10, 32, 4.88e6, 0.2065e9),
        ('VGG', 256, 224, 70.83e6, 15.40e9),
        ('ic_backbones.SfNet', 256, 224, 59.40e6, 10.10e9),
    ],
)
def test_counts_of_the_paper(type_, classes, size, params, macs):
    model = classifier(dict(type=type_, depth=16, norm_cfg=BN), 512, classes, size)
    found = count(model, (size, size))
    assert found == (pytest.approx(params, rel=0.005), pytest.approx(macs, rel=0.005))


def test_layers_are_those_of_the_papers_listing():
    """[Mixed, SC, SC] in scales 4 and 5, each followed by BN and ReLU; 16 smear channels."""
    net = SfNet()
    kinds = [type(module.conv) for module in net.features if hasattr(module, 'conv')]
    assert kinds == [nn.Conv2d] * 7 + [MixedSCLayer, SCLayer, SCLayer] * 2
    mixed = [m for m in net.modules() if isinstance(m, MixedSCLayer)]
    assert [m.smear.out_channels for m in mixed] == [16, 16]
    assert [m.compose.conv.in_channels for m in mixed] == [256, 512]


@pytest.mark.parametrize('mode', [True, False])
def test_features_are_those_of_the_layers_one_by_one(mode):
    """The pool stands before a scale's last ReLU, which changes nothing, whatever BN's sign."""
    torch.manual_seed(0)
    net = randomise_norms(SfNet(11, out_indices=(0, 1, 2, 3, 4))).double().train(mode)
    twin = copy.deepcopy(net)
    x = torch.randn(2, 3, 64, 96, dtype=torch.float64, requires_grad=True)
    outputs, expected, y = net(x), [], x
    for layer in twin.features:
        y = layer(y)
        if isinstance(layer, nn.MaxPool2d):
            expected.append(y)
    for found, value in zip(outputs, expected, strict=True):
        torch.testing.assert_close(found, value, rtol=0, atol=1e-10)
    gradients = [
        torch.autograd.grad(sum(o.square().mean() for o in features), x)[0]
        for features in (outputs, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-10)


@pytest.mark.parametrize('depth', [11, 13, 16, 19])
def test_depths_and_composed_scales(depth):
    net = SfNet(depth, composed_scales=(3,), smear_channels=8, out_indices=(2,))
    first, end = net.range_sub_modules[2]
    kinds = [type(module.conv) for module in net.features[first : end - 1]]
    assert kinds == [MixedSCLayer] + [SCLayer] * (len(kinds) - 1)
    assert len(net.range_sub_modules) == 3


def test_without_composed_scales_it_is_vgg(tmp_path):
    """Weights of mmpretrain's VGG-BN, under a prefix; its biases go into the running means."""
    torch.manual_seed(0)
    vgg = randomise_norms(VGG(13, norm_cfg=BN, out_indices=(0, 4)))
    for name, parameter in vgg.named_parameters():
        if name.endswith('conv.bias'):
            parameter.data.normal_()
    state = {f'backbone.{name}': value for name, value in vgg.state_dict().items()}
    torch.save(dict(state, **{'head.fc.bias': torch.zeros(3)}), tmp_path / 'vgg.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'vgg.pth'), prefix='backbone.')
    net = SfNet(13, composed_scales=(), out_indices=(0, 4), init_cfg=init)
    net.init_weights()
    x = torch.randn(1, 3, 64, 64)
    vgg.eval()  # returns None
    for found, expected in zip(net.eval()(x), vgg(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_kernel_stride_and_width():
    net = SfNet(16, (5,), kernel_size=5, last_stride=2, base_channels=8, out_indices=(3, 4))
    assert net.out_channels == (64, 64)
    layers = [m for m in net.modules() if isinstance(m, SCLayer)]
    assert [(m.kernel_size, m.stride) for m in layers] == [(5, 1), (5, 1), (5, 2)]
    assert [f.shape[2:] for f in net(torch.randn(2, 3, 64, 96))] == [(4, 6), (2, 3)]


def test_scales_past_the_last_output_are_not_built():
    net = SfNet(out_indices=(1, 2), composed_scales=(3, 4))
    assert (net.out_channels, net.out_strides) == ((128, 256), (4, 8))
    assert [f.shape[1:] for f in net(torch.randn(1, 3, 32, 32))] == [(128, 8, 8), (256, 4, 4)]


def test_frozen_stages():
    net = SfNet(11, frozen_stages=2).train()
    grads = {n for n, p in net.named_parameters() if p.requires_grad}
    assert 'features.4.conv.weight' in grads and 'features.0.conv.weight' not in grads
    assert net.eval() is net


def test_checkpointing_recomputes_an_image_without_a_gradient():
    net = SfNet(11, with_cp=True)
    calls = count_calls(net.features[0], nn.Conv2d)
    net(torch.randn(2, 3, 32, 32))[-1].sum().backward()
    assert len(calls) == 2


def test_weights_of_vgg_load_into_the_scales_that_they_share(tmp_path):
    torch.manual_seed(0)
    vgg = randomise_norms(VGG(16, norm_cfg=BN))
    torch.save(vgg.state_dict(), tmp_path / 'vgg.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'vgg.pth'))
    net = SfNet(out_indices=(2, 4), init_cfg=init)
    net.init_weights()
    x = torch.randn(1, 3, 64, 64)
    shared = net.eval()(x)[0]
    vgg.out_indices = (2,)
    vgg.eval()  # returns None
    torch.testing.assert_close(shared, vgg(x)[0], rtol=1e-5, atol=1e-5)
    first = net.range_sub_modules[3][0]
    norms = [module.norm for module in net.features[first:] if hasattr(module, 'norm')]
    assert len(norms) == 6  # VGG's statistics are those of another layer
    assert all((norm.weight == 1).all() and (norm.running_mean == 0).all() for norm in norms)


@pytest.mark.parametrize(
    'settings, sentence',
    [
        (dict(depth=12), 'depth: 12 does not exist; take one of .11, 13, 16, 19'),
        (dict(out_indices=(5,)), r'out_indices: \(5,\)'),
        (dict(composed_scales=(0,)), r'composed_scales: \(0,\)'),
        (dict(out_indices=(1,), frozen_stages=3), 'frozen_stages: 3 is more than the 2'),
        (dict(kernel_size=0), 'kernel_size: 0 is not'),
        (dict(kernel_size=(3, 3)), r'kernel_size: \(3, 3\) is not a positive int'),
        (dict(last_stride=3), 'last_stride: 3'),
        (dict(smear_channels=512), 'smear_channels: 512'),
    ],
)
def test_settings_that_do_not_exist(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        SfNet(**settings)
