"""ICResNet: counts, plain weights, initialisation, and mmpretrain's arguments."""

import pytest
import torch
from helpers import randomise_norms
from mmpretrain.models.backbones import ResNet, ResNet_CIFAR, ResNetV1d
from mmpretrain.registry import MODELS

from ic_backbones.backbones import ICResNet, ICResNet_CIFAR
from ic_backbones.backbones.ic_block_minus import ICBasicBlockMinus
from ic_backbones.complexity import count
from ic_backbones.ops import ICConv2d, ic_layers
from ic_backbones_tools.complexity import TABLES

# millions of parameters, G multiply-adds: the papers' networks, counted by hand
IMAGENET = {
    'ResNet-18': (11.69, 1.814), 'IC-ResNet-18': (12.91, 2.013),
    'ResNet-34': (21.80, 3.664), 'IC-ResNet-34': (24.14, 4.080),
    'ResNet-50': (25.56, 4.089), 'IC-ResNet-50': (26.81, 4.307),
    'IC-ResNet-50-B': (31.14, 5.245), 'IC-ResNet-50-C': (36.17, 6.067),
    'ResNet-101': (44.55, 7.801), 'IC-ResNet-101': (46.92, 8.245),
}  # fmt: skip
CIFAR = {
    'ResNet-18': 0.555, 'IC-ResNet-18': 0.620, 'IC-ResNet-18⁻': 0.585,
    'ResNet-34': 1.159, 'IC-ResNet-34': 1.295, 'IC-ResNet-34⁻': 1.224,
}  # fmt: skip
VARIANTS = [(18, '3x3'), (18, 'minus'), (50, '3x3'), (50, 'B'), (50, 'C')]


def narrow(depth, **kwargs):
    return dict(depth=depth, stem_channels=8, base_channels=8, **kwargs)


@pytest.mark.parametrize('name', IMAGENET)
def test_imagenet_counts_are_the_papers(name):
    params, macs = count(MODELS.build(TABLES['resnet'].network(name)))
    assert params / 1e6 == pytest.approx(IMAGENET[name][0], rel=5e-3)
    assert macs / 1e9 == pytest.approx(IMAGENET[name][1], rel=5e-3)


@pytest.mark.parametrize('name', CIFAR)
def test_cifar_counts(name):
    _, macs = count(MODELS.build(TABLES['cifar'].network(name)), (32, 32))
    assert macs / 1e9 == pytest.approx(CIFAR[name], rel=5e-3)


@pytest.mark.parametrize('depth, variant', [(18, '3x3'), (50, 'C')])
def test_scalar_gives_every_layer_the_form_of_equation_5(depth, variant):
    settings = narrow(depth, variant=variant)
    scalar = {n: layer.w_prime for n, layer in ic_layers(ICResNet(scalar=True, **settings)).items()}
    full = ic_layers(ICResNet(**settings))
    assert scalar.keys() == full.keys()
    assert {tuple(w.shape[1:]) for w in scalar.values()} == {(1, 1, 1)}
    with pytest.raises(ValueError, match="variant 'minus' does not have the form of eq. 5"):
        ICResNet(18, 'minus', scalar=True)


@pytest.mark.parametrize(('depth', 'variant'), VARIANTS)
@pytest.mark.parametrize('mode', ['constant', 'learned', 'scheduled'])
def test_alpha_zero_gives_the_plain_features_to_the_bit(depth, variant, mode):
    torch.manual_seed(0)
    out_indices = (0, 1, 2, 3)
    plain = randomise_norms(ResNet(**narrow(depth, out_indices=out_indices)))
    plain.eval()
    net = ICResNet(
        **narrow(depth, variant=variant, out_indices=out_indices), alpha=0.0, alpha_mode=mode
    ).eval()
    missing, unexpected = net.load_state_dict(plain.state_dict(), strict=False)
    assert unexpected == []
    assert {n.split('.')[-1] for n in missing if 'norm_local' not in n} <= {'w_prime', 'alpha'}
    x = torch.randn(2, 3, 64, 96)
    for feature, expected in zip(net(x), plain(x), strict=True):
        assert torch.equal(feature, expected)


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('depth', [18, 50])
def test_initial_signal_stays_within_a_factor_two(depth, training):
    """Without zero-initialised residuals and, in eval mode, without BN's help."""
    torch.manual_seed(0)
    settings = dict(depth=depth, out_indices=(0, 1, 2, 3), zero_init_residual=False)
    plain, net = ResNet(**settings), ICResNet(**settings)
    plain.init_weights()
    net.init_weights()
    net.load_state_dict(plain.state_dict(), strict=False)
    x = torch.nn.functional.interpolate(torch.randn(2, 3, 12, 12), size=(96, 96), mode='bilinear')
    plain.train(training)
    net.train(training)
    with torch.no_grad():
        ratios = [f.std() / p.std() for f, p in zip(net(x), plain(x), strict=True)]
    assert all(0.5 < ratio < 2 for ratio in ratios), ratios


def test_init_weights_draws_w_prime_to_the_scale_of_the_weight():
    torch.manual_seed(0)
    net = ICResNet(**narrow(18))
    net.init_weights()
    for name, layer in ic_layers(net).items():
        fan_in = layer.weight[0].numel()
        bound = 9 * 4 * (torch.pi / fan_in) ** 0.5 * layer.weight.square().mean().sqrt()
        assert 0 <= layer.w_prime.min() and layer.w_prime.max() <= bound, name
        assert layer.w_prime.mean().item() == pytest.approx(bound.item() / 2, rel=0.3), name


@pytest.mark.parametrize(
    ('depth', 'variant', 'layers'),
    [(18, '3x3', 16), (34, '3x3', 32), (50, '3x3', 16), (50, 'B', 32), (50, 'C', 48)],
)
def test_which_convolutions_become_ic_layers(depth, variant, layers):
    net = ICResNet(**narrow(depth, variant=variant))
    assert sum(isinstance(m, ICConv2d) for m in net.modules()) == layers
    assert type(net.conv1) is torch.nn.Conv2d
    shortcuts = [m for n, m in net.named_modules() if 'downsample' in n]
    assert shortcuts and not any(isinstance(m, ICConv2d) for m in shortcuts)
    if variant == '3x3':
        for module in net.modules():
            if isinstance(module, ICConv2d):
                assert module.kernel_size == (3, 3)


@pytest.mark.parametrize('zero', [True, False])
@pytest.mark.parametrize('alpha', [1.0, 0.0])
def test_ic_block_minus_starts_as_the_plain_block(alpha, zero):
    """One of alpha and norm_local is 0, and can leave it because the other is not."""
    settings = dict(variant='minus', zero_init_residual=zero, alpha=alpha, alpha_mode='learned')
    net = ICResNet(**narrow(18, **settings))
    net.init_weights()
    block = net.layer1[1]
    assert (block.alpha == 0).item() == block.norm_local.weight.all().item() == (alpha == 0)
    x = torch.rand(2, 8, 6, 6)
    out = block(x)
    expected = torch.relu(block.norm2(block.conv2(torch.relu(block.norm1(block.conv1(x))))) + x)
    torch.testing.assert_close(out, expected)
    assert torch.equal(out, x) == zero
    out.square().sum().backward()
    assert (block.norm_local.weight if alpha else block.alpha).grad.any()


@pytest.mark.parametrize(
    ('built', 'then'),
    [((1.0, 'scheduled'), None), ((0.0, 'scheduled'), None), ((1.0, 'constant'), (0.0, 'learned'))],
)
def test_alpha_and_norm_local_are_not_both_zero(built, then):
    """Not where a schedule sets alpha to 0, nor where it is set to 0 afterwards."""
    alpha, mode = built
    net = ICResNet(**narrow(18, variant='minus', alpha=alpha, alpha_mode=mode))
    net.init_weights()
    block = net.layer1[1]
    if then:
        block.set_alpha(*then)
    assert block.norm_local.weight.all()


@pytest.mark.parametrize('frozen', [-1, 1])
def test_norm_local_is_trained_where_other_norms_are_not(frozen):
    norm = dict(type='BN', requires_grad=False)
    net = ICResNet(**narrow(18, variant='minus'), norm_cfg=norm, frozen_stages=frozen).train()
    for number, layer in ((1, net.layer1), (2, net.layer2)):
        assert layer[1].norm_local.weight.requires_grad == (number > frozen)
        assert not layer[1].norm2.weight.requires_grad


def test_ic_block_minus_is_its_equation():
    torch.manual_seed(0)
    net = randomise_norms(ICResNet(**narrow(18, variant='minus'))).double().eval()
    block = net.layer2[0]  # stride 2 and a shortcut convolution
    block.alpha = 0.6
    x = torch.randn(1, 8, 9, 9, dtype=torch.float64)
    u2 = block.conv2(block.bn1(block.conv1(x)).relu())
    box = torch.nn.functional.avg_pool2d(x, 3, 2, 1)  # of k^2 W'
    local = (u2 - torch.einsum('oi,nihw->nohw', block.w_prime[:, :, 0, 0], box)).relu()
    expected = block.bn2(u2) + 0.6 * block.norm_local(local) + block.downsample(x)
    torch.testing.assert_close(block(x), expected.relu(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    'settings',
    [
        dict(out_indices=(1, 3)),
        dict(out_indices=(0, 1, 2, 3), style='caffe'),
        dict(out_indices=(0, 1, 2, 3), deep_stem=True, avg_down=True),
        dict(out_indices=(2, 3), strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)),
        dict(out_indices=(3,), with_cp=True),
        dict(out_indices=(0, 2), norm_cfg=dict(type='GN', num_groups=4)),
        dict(out_indices=(1,), drop_path_rate=0.1),
    ],
)
@pytest.mark.parametrize(('depth', 'variant'), [(18, 'minus'), (18, '3x3'), (50, '3x3')])
def test_published_shapes_and_gradients_under_mmpretrains_options(depth, variant, settings):
    net = ICResNet(**narrow(depth, variant=variant), **settings, alpha_mode='learned')
    x = torch.randn(2, 3, 65, 98, requires_grad=True)
    features = net(x)
    assert len(features) == len(settings['out_indices'])
    for feature, channels, stride in zip(features, net.out_channels, net.out_strides, strict=True):
        assert feature.shape[1] == channels
        assert feature.shape[2:] == (-(-65 // stride), -(-98 // stride))
    sum(f.mean() for f in features).backward()
    assert all(p.grad is not None for p in net.parameters())


def test_ic_block_minus_takes_dtype_and_mode_of_its_block():
    block = ResNet(**narrow(18)).double().layer1[0].eval()
    minus = ICBasicBlockMinus.from_block(block, alpha=0.0, alpha_mode='learned')
    x = torch.randn(1, 8, 6, 6, dtype=torch.float64)
    assert not minus.training and torch.equal(minus(x), block(x))


def test_outputs_are_published_in_the_order_of_the_stages():
    net = ICResNet(**narrow(18, out_indices=(3, 1)))
    assert (net.out_channels, net.out_strides) == ((16, 64), (8, 32))
    assert [f.shape[1] for f in net(torch.randn(1, 3, 64, 64))] == [16, 64]


def test_stages_after_the_last_output_are_not_built():
    net = ICResNet(18, out_indices=(0, 1))
    assert not hasattr(net, 'layer3') and net.out_channels == (64, 128)


def test_frozen_stages_and_norm_eval():
    net = ICResNet(**narrow(18, out_indices=(3,)), frozen_stages=1, norm_eval=True)
    assert net.train() is net and net.eval() is net
    net.train()
    frozen = {n for n, p in net.named_parameters() if not p.requires_grad}
    assert {'conv1.weight', 'layer1.0.conv1.w_prime', 'layer1.1.conv2.weight'} <= frozen
    assert not any(n.startswith('layer2') for n in frozen)
    assert not any(m.training for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_cifar_stem_and_deep_stem_match_their_plain_networks():
    torch.manual_seed(0)
    x = torch.randn(1, 3, 32, 32)
    for plain, net in (
        (ResNet_CIFAR(**narrow(18)), ICResNet_CIFAR(**narrow(18), alpha=0.0)),
        (ResNetV1d(**narrow(50)), ICResNet(**narrow(50), deep_stem=True, avg_down=True, alpha=0.0)),
    ):
        net.load_state_dict(randomise_norms(plain).state_dict(), strict=False)
        plain.eval()
        assert torch.equal(net.eval()(x)[0], plain(x)[0])
    assert ICResNet_CIFAR(18).out_strides == (8,)


@pytest.mark.parametrize(
    ('settings', 'sentence'),
    [
        (dict(depth=19), 'depth: 19 does not exist; take one of .18, 34, 50'),
        (dict(depth=18, variant='B'), "variant: 'B' does not exist for depth 18; .*'3x3', 'minus'"),
        (dict(depth=50, variant='minus'), "variant: 'minus' does not exist for depth 50; .*'C'"),
        (
            dict(depth=18, out_indices=(4,)),
            r'out_indices: \(4,\) are not stages; give one or more of 0..3',
        ),
        (
            dict(depth=18, out_indices=(0,), frozen_stages=2),
            'frozen_stages: 2 is more than the 1 stages',
        ),
        (dict(depth=18, num_stages=5), r'num_stages: 5 is not in 1\.\.4, the stages of depth 18'),
        (dict(depth=18, num_stages=0, out_indices=(0,)), 'num_stages: 0 is not in'),
        (dict(depth=50, dcn=dict(type='DCNv2')), "dcn: only mmdet's .*'ic_backbones.ICBackbone'"),
        (dict(depth=50, plugins=[]), "plugins: only mmdet's ResNet has this argument"),
        (dict(depth=18, alpha_mode='fixed'), "alpha_mode: 'fixed' does not exist"),
    ],
)
def test_wrong_arguments_get_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        ICResNet(**settings)
