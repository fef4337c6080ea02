"""Exchange shortcut, dense funnel and SI unit against their equations with split and concat."""

import pytest
import torch
import torch.nn.functional as F
from helpers import TORCH, randomise_norms
from mmpretrain.models.backbones.mobilenet_v2 import InvertedResidual
from torch import nn

from ic_backbones.ops import DenseFunnel, Exchange, ExchangeShortcut, SIUnit
from ic_backbones.ops.pointwise import Pointwise


def halves(x):
    return x.chunk(2, dim=1)


def half_conv(conv, x, half):
    """One half of a convolution of two groups."""
    return F.conv2d(x, conv.weight.chunk(2)[half], None, conv.stride, conv.padding)


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def unit(*args, **kwargs):
    """In float64, BN at statistics and scales of its own."""
    torch.manual_seed(0)
    return randomise_norms(SIUnit(*args, **kwargs)).double().eval()


def test_exchange_shortcut_is_equation_1():
    torch.manual_seed(0)
    conv = nn.Conv2d(6, 6, 3, padding=1, groups=2, bias=False).double()
    x = torch.randn(2, 6, 5, 4, dtype=torch.float64)
    x1, x2 = halves(x)
    expected = torch.cat([half_conv(conv, x1, 0) + x2, half_conv(conv, x2, 1) + x1], dim=1)
    close(ExchangeShortcut(conv, 6)(x), expected)
    assert not torch.allclose(conv(x) + x, expected)


def test_exchange_of_one_group_is_the_identity_and_of_three_a_cycle():
    x = torch.arange(6.0).reshape(1, 6, 1, 1)
    assert torch.equal(Exchange(6, 1)(x), x)
    assert Exchange(6, 3)(x).flatten().tolist() == [4, 5, 0, 1, 2, 3]


@pytest.mark.parametrize('groups', [1, 2])
def test_dense_funnel_is_a_convolution_of_the_concatenation(groups):
    torch.manual_seed(0)
    funnel = DenseFunnel(6, groups).double()
    x, y = torch.randn(2, 2, 6, 3, 5, dtype=torch.float64)
    parts = []
    for group in range(groups):
        both = torch.cat([x.chunk(groups, 1)[group], y.chunk(groups, 1)[group]], dim=1)
        weights = [
            conv.weight.chunk(groups)[group] for conv in (funnel.from_input, funnel.from_output)
        ]
        parts.append(F.conv2d(both, torch.cat(weights, dim=1)))
    close(funnel(x, y), torch.cat(parts, dim=1))


@pytest.mark.parametrize('order', [('conv', 'norm', 'act'), ('conv', 'act', 'norm')])
@pytest.mark.parametrize('expand_ratio', [1, 2])
def test_unit_is_figure_2(expand_ratio, order):
    """Split, H on each half, exchange, funnel, merge; the paper's H is convolution, ReLU6, BN."""
    made = unit(8, 8, 5, expand_ratio=expand_ratio, order=order)
    x = torch.randn(2, 8, 6, 7, dtype=torch.float64) * 3
    *hidden, project = made.conv.conv
    outputs = []
    for half, own in enumerate(halves(x)):
        y = own
        for layer in hidden:
            weight, groups = layer.conv.weight.chunk(2)[half], layer.conv.groups // 2
            y = F.conv2d(y, weight, None, 1, layer.conv.padding, 1, groups)
            if order[1] == 'act':
                y = half_norm(layer.act_norm.bn, F.relu6(y), half)
            else:
                y = F.relu6(half_norm(layer.bn, y, half))
        y = half_norm(project.bn, half_conv(project.conv, y, half), half)
        exchanged = y + halves(x)[1 - half]
        funnels = made.funnel.from_input, made.funnel.from_output
        weight = torch.cat([conv.weight.chunk(2)[half] for conv in funnels], dim=1)
        outputs.append(F.conv2d(torch.cat([own, exchanged], dim=1), weight))
    close(made(x), torch.cat(outputs, dim=1))


def half_norm(norm, x, half):
    mean, var, weight, bias = (
        value.chunk(2)[half][:, None, None]
        for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (x - mean) / torch.sqrt(var + norm.eps) * weight + bias


def test_unit_of_one_group_is_the_block_of_mobilenet_v2():
    torch.manual_seed(0)
    made = SIUnit(8, 8, 3, expand_ratio=6, groups=1, funnel=False)
    block = InvertedResidual(8, 8, 1, 6)
    block.conv.load_state_dict(made.conv.conv.state_dict())
    x = torch.randn(2, 8, 9, 9)
    assert torch.equal(made(x), block(x))


@pytest.mark.parametrize('stride, expand_ratio', [(2, 2), (2, 1), (1, 2)])
def test_unit_that_changes_the_shape_has_neither_shortcut_nor_funnel(stride, expand_ratio):
    made = unit(4, 6, 3, stride, expand_ratio)
    assert made.funnel is None
    strides = [layer.conv.stride for layer in made.conv]
    assert strides == [(stride, stride), *[(1, 1)] * (len(strides) - 1)]
    x = torch.randn(1, 4, 7, 8, dtype=torch.float64)
    assert made(x).shape == (1, 6, -(-7 // stride), -(-8 // stride))


@pytest.mark.parametrize('stride, groups', [(1, 1), (1, 2), (2, 2), (2, 4)])
def test_pointwise_is_the_convolution(stride, groups):
    torch.manual_seed(0)
    made = Pointwise(8, 12, stride, groups).double()
    x = torch.randn(3, 8, 5, 6, dtype=torch.float64)
    expected = nn.Conv2d.forward(made, x)
    for memory_format in (torch.contiguous_format, torch.channels_last):
        found = made(x.contiguous(memory_format=memory_format))
        close(found, expected)
        assert found.is_contiguous(memory_format=memory_format)
    assert torch.autograd.gradcheck(made, x[:1].requires_grad_())
    assert made(x[:0]).shape == (0, *expected.shape[1:])
    with pytest.raises(RuntimeError, match='to have 8 channels'):
        made(x[:, :4])
    made.bias = nn.Parameter(torch.randn(12).double())  # as folding a norm brings it
    close(made(x), nn.Conv2d.forward(made, x))


def test_compile_without_a_graph_break():
    made = unit(8, 8).float()
    x = torch.randn(2, 8, 6, 6)
    compiled = torch.compile(made, fullgraph=True, backend='eager')
    torch.testing.assert_close(compiled(x), made(x))


@pytest.mark.skipif(TORCH < (2, 5), reason='torch < 2.5 has no settled torch.export')
def test_export():
    made = unit(8, 8).float()
    x = torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(torch.export.export(made, (x,)).module()(x), made(x))


def test_start_of_the_funnel():
    torch.manual_seed(0)
    x = torch.randn(4, 256, 8, 8)
    y = x + torch.randn_like(x)
    random, identity = DenseFunnel(256), DenseFunnel(256, start='identity')
    for funnel in (random, identity):
        funnel.init_weights()
    assert 0.9 < random(x, y).std() < 1.1  # that of x
    assert torch.equal(identity(x, y), y)
    identity(x, y).square().sum().backward()
    assert all(p.grad.abs().min() > 0 for p in identity.parameters())  # neither half stands still


def test_norm_after_the_funnel():
    torch.manual_seed(0)
    funnel = DenseFunnel(6, start='identity', norm_cfg=dict(type='BN')).double()
    funnel.init_weights()
    x, y = torch.randn(2, 8, 6, 5, 5, dtype=torch.float64)
    close(
        funnel(x, y), (y - y.mean((0, 2, 3), True)) / (y.var((0, 2, 3), False, True) + 1e-5).sqrt()
    )


def test_gradients():
    made = unit(4, 4, 3).train()
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(made, x)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast_and_memory_format(dtype):
    if dtype == torch.float16 and TORCH < (2, 2):
        pytest.skip('torch < 2.2 has no fp16 autocast on the CPU')
    made = unit(8, 8).float()
    x = torch.randn(2, 8, 6, 6).contiguous(memory_format=torch.channels_last)
    assert made(x).is_contiguous(memory_format=torch.channels_last)
    expected = made(x)
    with torch.autocast('cpu', dtype):
        found = made(x)
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), expected, rtol=0.1, atol=0.1)


@pytest.mark.parametrize(
    'make',
    [
        lambda: Exchange(21),
        lambda: ExchangeShortcut(nn.Identity(), 21),
        lambda: DenseFunnel(21),
        lambda: SIUnit(21, 24),
        lambda: SIUnit(24, 21),
    ],
)
def test_odd_channels_are_refused(make):
    with pytest.raises(ValueError, match='21 channels cannot be divided into 2 groups; take'):
        make()
