"""Norms folded into IC layers: by mmcv, by PyTorch, by the package, and on the fly."""

import copy
import itertools

import pytest
import torch
from helpers import TORCH, randomise_norms
from mmcv.cnn import ConvModule
from mmcv.cnn.utils import fuse_conv_bn
from test_ic_conv import SETTINGS, make_layer
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ic_backbones.inject import inject_pairs
from ic_backbones.ops import ICConv2d, ICLinear, ICPairConv2d
from ic_backbones.ops.fold_norms import fold_norms
from ic_backbones.ops.ic_conv import ICConv2dAdaptivePadding


def by_mmcv(net):
    return fuse_conv_bn(copy.deepcopy(net))


def by_torch(net):
    return nn.Sequential(fuse_conv_bn_eval(*net))


def by_package(net):
    net = copy.deepcopy(net)
    fold_norms(net)
    return net


FOLDS = [by_mmcv, by_torch, by_package]


def with_norm(layer):
    """The layer and a BN with scales that are positive, negative and 0."""
    norm = nn.BatchNorm2d(layer.out_channels)
    net = randomise_norms(nn.Sequential(layer, norm)).double().eval()
    norm.weight.data[:3] = torch.tensor([-1.5, 0.0, 0.5])
    return net


@pytest.mark.parametrize('fold', FOLDS)
@pytest.mark.parametrize('name', SETTINGS)
def test_the_function_stays(fold, name):
    net = with_norm(make_layer(**SETTINGS[name], alpha=0.7))
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    with torch.no_grad():
        expected = net(x)
        off = copy.deepcopy(net)
        off[0].alpha = 0.0
        folded = fold(net)
        torch.testing.assert_close(folded(x), expected, rtol=0, atol=1e-12)
        assert (expected - off(x)).abs().max() > 0.01  # the term counts
        torch.testing.assert_close(net(x), expected, rtol=0, atol=0)
    assert len([m for m in folded.modules() if isinstance(m, nn.BatchNorm2d)]) == 0


@pytest.mark.parametrize('fold', FOLDS)
@pytest.mark.parametrize('mode', ['constant', 'learned', 'scheduled'])
@pytest.mark.parametrize('alpha', [-1.3, 0.0, 0.4])
def test_every_alpha(fold, mode, alpha):
    net = with_norm(make_layer(kernel_size=3, alpha=alpha, alpha_mode=mode))
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    torch.testing.assert_close(fold(net)(x), net(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize('fold', [by_mmcv, by_torch])
def test_two_norms_in_turn(fold):
    net = with_norm(make_layer(kernel_size=3))
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    first = fold(net)[0]
    again = with_norm(first)
    torch.testing.assert_close(fold(again)(x), again(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize('fold', FOLDS)
def test_float32_and_a_norm_without_weights(fold):
    net = with_norm(make_layer(kernel_size=3, padding=1)).float()
    x = torch.randn(2, 4, 6, 5)
    torch.testing.assert_close(fold(net)(x), net(x), rtol=1e-5, atol=1e-5)
    if fold is not by_mmcv:  # which needs weights
        net[1].weight = net[1].bias = None
        torch.testing.assert_close(fold(net)(x), net(x), rtol=1e-5, atol=1e-5)


def test_padding_that_depends_on_the_size():
    torch.manual_seed(0)
    net = with_norm(ICConv2dAdaptivePadding(4, 6, 3, stride=2, bias=False))
    x = torch.randn(1, 4, 7, 8, dtype=torch.float64)
    torch.testing.assert_close(by_mmcv(net)(x), net(x), rtol=0, atol=1e-12)


@pytest.mark.skipif(TORCH < (2, 2), reason='torch < 2.2 folds norms only into convolutions')
def test_linear():
    from torch.nn.utils.fusion import fuse_linear_bn_eval

    torch.manual_seed(0)
    layer, norm = ICLinear(5, 4, alpha=0.6).double(), nn.BatchNorm1d(4).double()
    nn.init.normal_(layer.inner_bias)
    norm.weight.data = torch.tensor([-1.5, 0.0, 0.5, 2.0], dtype=torch.float64)
    norm.running_mean.normal_()
    x, net = torch.randn(3, 5, dtype=torch.float64), nn.Sequential(layer, norm).eval()
    torch.testing.assert_close(fuse_linear_bn_eval(*net)(x), net(x), rtol=0, atol=1e-12)


def test_only_negative_scales_leave_a_sign_which_is_saved():
    net = with_norm(make_layer(kernel_size=3))
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    folded = by_mmcv(net)
    state, fresh = folded.state_dict(), by_mmcv(with_norm(make_layer(seed=1, kernel_size=3)))
    assert state['0.sign'].flatten().tolist()[:3] == [-1, 1, 1]
    net[1].weight.data.abs_()
    positive = by_mmcv(net)
    assert set(positive.state_dict()) == {'0.weight', '0.bias', '0.w_prime'}
    for target in (fresh, positive):
        target.load_state_dict(state)
        assert torch.equal(target(x), folded(x))
    fresh.load_state_dict(by_mmcv(net).state_dict())
    assert fresh[0].sign is None


def test_a_state_of_other_layers_leaves_the_sign():
    net = nn.Sequential(by_mmcv(with_norm(make_layer(kernel_size=3)))[0], nn.Conv2d(6, 2, 1))
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    expected = net[0](x)
    net.load_state_dict({'1.bias': torch.zeros(2)}, strict=False)
    assert net[0].sign is not None and torch.equal(net[0](x), expected)


@pytest.mark.parametrize('order', itertools.permutations(['conv', 'norm', 'act']))
def test_a_norm_elsewhere_than_after_its_convolution_stays(order):
    torch.manual_seed(0)
    norm_cfg = dict(type='BN')
    net = ConvModule(4, 4, 3, norm_cfg=norm_cfg, act_cfg=dict(type='ReLU6'), order=order)
    net = randomise_norms(net).double().eval()
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    folded = by_package(net)
    torch.testing.assert_close(folded(x), net(x), rtol=0, atol=1e-12)
    is_folded = not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    assert is_folded == (order.index('norm') == order.index('conv') + 1)


@pytest.mark.parametrize('fold', [by_mmcv, by_torch])
def test_a_scale_that_cannot_be_told_is_a_sentence(fold):
    net = with_norm(make_layer(kernel_size=3))
    net[0].weight.data[2] = 0
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    torch.testing.assert_close(by_package(net)(x), net(x), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match='ICConv2d: the weights of a channel are all 0, so the sc'):
        fold(net)


@pytest.mark.parametrize(
    ('dtype', 'size'), [(torch.float32, 1e-21), (torch.float32, 1e-25), (torch.float16, 1e-4)]
)
def test_weights_whose_squares_are_0(dtype, size):
    """As weight decay leaves them in channels that nothing needs."""
    layer = make_layer(kernel_size=3).to(dtype)
    layer.weight.data[0].sign_().mul_(size)
    w_prime, _, sign = layer.term_under(-3 * layer.weight)
    torch.testing.assert_close(w_prime, 3 * layer.w_prime)
    assert (sign == -1).all()


def test_assigned_weights_are_no_fold():
    layer = make_layer(kernel_size=3)
    state = copy.deepcopy(layer.state_dict())
    layer.load_state_dict(dict(state, weight=-2 * state['weight']), assign=True)
    assert layer.sign is None and torch.equal(layer.w_prime, state['w_prime'])
    layer.weight.data[1] = 0  # so that a scale could not be told
    layer.load_state_dict(copy.deepcopy(layer.state_dict()), assign=True)


def test_the_same_weight_once_more_is_no_fold():
    layer = make_layer(kernel_size=3)
    layer.weight.data[1] = 0
    before = layer.w_prime.clone()
    layer.weight = nn.Parameter(layer.weight.detach().clone())
    assert torch.equal(layer.w_prime, before)


class Listed(nn.Module):
    """A norm that is in a list as well."""

    def __init__(self, conv, norm):
        super().__init__()
        self.layers, self.norm = nn.ModuleList([conv, norm]), norm

    def forward(self, x):
        return self.norm(self.layers[0](x))


def apart(conv, norm):
    return nn.Sequential(nn.Sequential(conv, norm), nn.Sequential(conv, nn.BatchNorm2d(4)))


def in_a_row(conv, norm):
    return nn.Sequential(conv, norm, conv, nn.BatchNorm2d(4))


def around_an_activation(conv, norm):
    act = nn.ReLU()
    return nn.Sequential(act, conv, act, norm)


@pytest.mark.parametrize('make', [apart, in_a_row, around_an_activation, Listed])
def test_what_has_two_places_does_not_mislead(make):
    torch.manual_seed(0)
    net = randomise_norms(make(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))).double().eval()
    x = torch.randn(2, 4, 9, 9, dtype=torch.float64)
    torch.testing.assert_close(by_package(net)(x), net(x), rtol=0, atol=1e-12)


def test_a_block_with_two_places_is_folded():
    torch.manual_seed(0)
    block = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    net = randomise_norms(nn.Sequential(block, block)).double().eval()
    x = torch.randn(2, 4, 9, 9, dtype=torch.float64)
    folded = by_package(net)
    torch.testing.assert_close(folded(x), net(x), rtol=0, atol=1e-12)
    assert folded[0] is folded[1] and isinstance(folded[0][1], nn.Identity)


def test_a_pruned_w_prime_is_a_sentence():
    net = with_norm(make_layer(kernel_size=3))
    prune.random_unstructured(net[0], 'w_prime', 0.5)
    with pytest.raises(ValueError, match="ICConv2d: W' is pruned or parametrized"):
        fuse_conv_bn(net)


def test_other_new_weights_leave_the_term():
    layer = make_layer(kernel_size=3)
    before = layer.w_prime.clone()
    x, scaled = torch.randn(1, 4, 5, 5, dtype=torch.float64), 2 * layer.weight.detach()
    almost = scaled.clone()
    almost[0, 0, 0, 0] *= 1.001
    for weight in (torch.randn_like(scaled), almost, torch.randn(6, 4, 1, 1)):
        layer.weight = nn.Parameter(weight)
        assert torch.equal(layer.w_prime, before)
    layer = make_layer(kernel_size=3)
    torch.func.functional_call(layer, dict(weight=scaled), (x,))
    layer.load_state_dict(dict(layer.state_dict(), weight=scaled))
    parametrizations.spectral_norm(layer)
    prune.random_unstructured(layer, 'w_prime', 0)
    assert torch.equal(layer.w_prime, before) and layer.sign is None
    conv = nn.Conv2d(4, 6, 3, bias=False)
    twin = ICConv2d.from_conv(conv)
    assert ICConv2d.from_conv(conv).weight is conv.weight and twin.sign is None


def pair_with_norm(bias, **settings):
    torch.manual_seed(0)
    depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
    parts = depthwise, nn.BatchNorm2d(4), nn.ReLU6(), nn.Conv2d(4, 6, 1, bias=bias)
    net = nn.Sequential(*parts, nn.BatchNorm2d(6))
    make = ICPairConv2d.from_pair
    inject_pairs(net, '0', '3', lambda *pair: make(*pair, 0.7, 'learned'))
    nn.init.normal_(net[3].w_prime)
    randomise_norms(net)[4].weight.data[:3] = torch.tensor([-1.5, 0.0, 0.5])
    return net.double().eval()


@pytest.mark.parametrize('fold', [by_mmcv, by_package])
@pytest.mark.parametrize('bias', [True, False])
def test_pairs(fold, bias):
    net = pair_with_norm(bias)
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    with torch.no_grad():
        folded = fold(net)
        assert sum(isinstance(m, nn.BatchNorm2d) for m in folded.modules()) == 0
        torch.testing.assert_close(folded(x), net(x), rtol=0, atol=1e-12)
        folded[4] = net[4]  # one more
        torch.testing.assert_close(fold(folded)(x), folded(x), rtol=0, atol=1e-12)
        off = copy.deepcopy(net)
        off[3].alpha.fill_(0)
        assert (off(x) - net(x)).abs().max() > 0.01


@pytest.mark.parametrize('bias', [True, False])
def test_pairs_under_efficient_conv_bn_eval(bias):
    net = pair_with_norm(bias)
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    module = ConvModule(4, 6, 1, norm_cfg=dict(type='BN'), act_cfg=None)
    module.conv, module.bn = net[3], net[4]
    module.turn_on_efficient_conv_bn_eval()
    expected, net[4] = net(x), nn.Identity()
    net[3] = module.eval()
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize('kind', [ICConv2d, ICConv2dAdaptivePadding])
def test_efficient_conv_bn_eval_of_mmcv(kind):
    torch.manual_seed(0)
    module = ConvModule(4, 6, 3, norm_cfg=dict(type='BN'), act_cfg=None)
    module.conv = kind(4, 6, 3, alpha=0.6, alpha_mode='learned', inner_bias=True)
    nn.init.normal_(module.conv.w_prime)
    randomise_norms(module).double().eval()
    module.bn.weight.data[0] = -1
    x = torch.randn(2, 4, 7, 8, dtype=torch.float64)

    def run():
        module.zero_grad()
        out = module(x)
        out.square().sum().backward()
        return out, [p.grad.clone() for p in module.parameters()]

    expected, gradients = run()
    module.turn_on_efficient_conv_bn_eval()
    found, on_the_fly = run()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    for gradient, truth in zip(on_the_fly, gradients, strict=True):
        torch.testing.assert_close(gradient, truth, rtol=1e-9, atol=1e-9)
