"""The IC convolution against its equation, its degenerate case, and under torch's machinery."""

import copy
import itertools
import pickle

import pytest
import torch
import torch.nn.functional as F
import torch.overrides
from helpers import TORCH
from mmengine.model import initialize

from ic_backbones.ops import ICConv2d, ic_conv2d
from ic_backbones.ops.ic_conv import ICConv2dAdaptivePadding


def naive_ic_conv(x, weight, w_prime, b1, b2, stride, padding, dilation, groups, alpha):
    """Eq. 6/7 in loops: one window, one output channel at a time.

    ``w_prime`` is k^2 W', and in eq. 5 k^2 C'/groups W'.
    """
    n, (c_out, c_group, kh, kw) = len(x), weight.shape
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    h = (x.shape[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    w = (x.shape[3] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    out = x.new_zeros(n, c_out, h, w)
    for i, o, r, c in itertools.product(range(n), range(c_out), range(h), range(w)):
        linear, adjusted = 0.0, 0.0
        first = (o // (c_out // groups)) * c_group
        for j in range(c_group):
            box = 0.0
            for p, q in itertools.product(range(kh), range(kw)):
                value = x[
                    i, first + j, r * stride[0] + p * dilation[0], c * stride[1] + q * dilation[1]
                ]
                linear += weight[o, j, p, q] * value
                box += value
            if w_prime.shape[1] == c_group:
                adjusted += w_prime[o, j, 0, 0] * box / (kh * kw)
            else:
                adjusted += w_prime[o, 0, 0, 0] * box / (kh * kw * c_group)
        inner = linear - adjusted + (b1[o] if b1 is not None else 0.0)
        out[i, o, r, c] = linear + alpha * max(inner, 0.0) + (b2[o] if b2 is not None else 0.0)
    return out


SETTINGS = {
    '3x3': dict(kernel_size=3, padding=1),
    'stride 2': dict(kernel_size=3, stride=2, padding=1),
    'dilation': dict(kernel_size=3, padding=2, dilation=2),
    'padding over k/2': dict(kernel_size=3, padding=3, stride=2),
    'uneven': dict(kernel_size=(2, 5), stride=(2, 1), padding=(0, 3), dilation=(3, 1)),
    'groups': dict(kernel_size=3, padding=1, groups=2),
    'depthwise': dict(kernel_size=3, padding=1, groups=4),
    '1x1': dict(kernel_size=1),
    '1x1 stride 2': dict(kernel_size=1, stride=2),
    '1x1 padded': dict(kernel_size=1, padding=1, groups=2),
    'both biases': dict(kernel_size=3, padding=1, bias=True, inner_bias=True),
    'b2': dict(kernel_size=3, bias=True),
    'b1, 1x1': dict(kernel_size=1, inner_bias=True),
    'eq. 5': dict(kernel_size=3, padding=1, scalar=True, inner_bias=True),
    'eq. 5, groups': dict(kernel_size=3, padding=1, scalar=True, groups=2),
}


def make_layer(seed=0, **settings):
    torch.manual_seed(seed)
    layer = ICConv2d(4, 6 if settings.get('groups') != 4 else 8, **settings).double()
    for name, parameter in layer.named_parameters():
        if name != 'alpha':
            torch.nn.init.normal_(parameter)
    return layer


@pytest.mark.parametrize('name', SETTINGS)
def test_equals_naive_loops(name):
    layer = make_layer(**SETTINGS[name], alpha=0.7)
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    expected = naive_ic_conv(
        x, layer.weight.detach(), layer.w_prime.detach(), layer.inner_bias, layer.bias,
        layer.stride, layer.padding, layer.dilation, layer.groups, 0.7,
    )  # fmt: skip
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize('padding_mode', ['reflect', 'replicate', 'circular'])
def test_padding_modes_pad_the_box_sum_too(padding_mode):
    layer = make_layer(kernel_size=3, padding=1, padding_mode=padding_mode)
    x = torch.randn(1, 4, 5, 5, dtype=torch.float64)
    unpadded = ic_conv2d(F.pad(x, (1, 1, 1, 1), mode=padding_mode), layer.weight, layer.w_prime)
    torch.testing.assert_close(layer(x), unpadded, rtol=0, atol=1e-12)


@pytest.mark.parametrize('kernel_size', [3, 4])
def test_padding_same_is_that_of_conv2d(kernel_size):
    layer = make_layer(kernel_size=kernel_size, padding='same')
    x = torch.randn(1, 4, 6, 6, dtype=torch.float64)
    before, after = (kernel_size - 1) // 2, kernel_size // 2
    padded = ic_conv2d(F.pad(x, (before, after) * 2), layer.weight, layer.w_prime)
    torch.testing.assert_close(layer(x), padded, rtol=0, atol=1e-12)


@pytest.mark.parametrize('name', ['stride 2', 'dilation', 'groups', '1x1', 'both biases', 'eq. 5'])
@pytest.mark.parametrize('alpha, mode', [(0.3, 'learned'), (0.3, 'constant'), (1.0, 'constant')])
def test_gradcheck(name, alpha, mode):
    layer = make_layer(**SETTINGS[name], alpha=alpha, alpha_mode=mode)
    x = torch.randn(1, 4, 4, 3, dtype=torch.float64, requires_grad=True)
    names = [n for n, _ in layer.named_parameters()]

    def run(x, *parameters):
        given = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(layer, given, (x,))

    assert torch.autograd.gradcheck(
        run, (x, *(p.detach().requires_grad_() for p in layer.parameters()))
    )


@pytest.mark.parametrize('mode', ['constant', 'learned'])
def test_gradients_of_each_sample_by_torch_func(mode):
    layer = make_layer(**SETTINGS['both biases'], alpha=0.3, alpha_mode=mode)
    parameters = {name: value.detach() for name, value in layer.named_parameters()}
    samples = torch.randn(3, 4, 6, 5, dtype=torch.float64)

    def loss(parameters, sample):
        return torch.func.functional_call(layer, parameters, (sample[None],)).square().sum()

    found = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, samples)
    for index, sample in enumerate(samples):
        layer.zero_grad()
        layer(sample[None]).square().sum().backward()
        for name, parameter in layer.named_parameters():
            torch.testing.assert_close(found[name][index], parameter.grad)


@pytest.mark.parametrize('alpha, mode', [(0.3, 'constant'), (0.0, 'learned')])
def test_forward_mode_gives_the_same_derivatives(alpha, mode):
    layer = make_layer(**SETTINGS['both biases'], alpha=alpha, alpha_mode=mode)
    parameters = {name: value.detach() for name, value in layer.named_parameters()}
    x = torch.randn(1, 4, 5, 4, dtype=torch.float64)

    def loss(parameters):
        return torch.func.functional_call(layer, parameters, (x,)).square().sum()

    forward, backward = torch.func.jacfwd(loss)(parameters), torch.func.grad(loss)(parameters)
    torch.testing.assert_close(forward, backward)
    assert mode == 'constant' or forward['alpha'] != 0


@pytest.mark.parametrize('name', SETTINGS)
@pytest.mark.parametrize('mode', ['constant', 'learned', 'scheduled'])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_alpha_zero_is_conv2d_to_the_bit(name, mode, dtype):
    settings = dict(SETTINGS[name])
    layer = make_layer(**settings, alpha=0.0, alpha_mode=mode).to(dtype)
    for key in ('inner_bias', 'scalar'):
        settings.pop(key, None)
    plain = torch.nn.Conv2d(4, layer.out_channels, **{'bias': False, **settings}).to(dtype)
    plain.load_state_dict(layer.state_dict(), strict=False)
    x = (1e3 * torch.randn(2, 4, 9, 7)).to(dtype)
    assert torch.equal(layer(x), plain(x))


def test_alpha_zero_learned_leaves_zero():
    layer = make_layer(kernel_size=3, alpha=0.0, alpha_mode='learned')
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    layer(x).sum().backward()
    u = F.conv2d(x, layer.weight)
    box = F.conv2d(x, torch.ones(4, 1, 3, 3).double() / 9, groups=4)
    expected = (u - F.conv2d(box, layer.w_prime)).relu().sum()
    assert layer.alpha.shape == ()
    torch.testing.assert_close(layer.alpha.grad, expected)
    assert expected > 0


def test_alpha_modes():
    constant = ICConv2d(4, 4, 3)
    assert constant.alpha == 1.0 and 'alpha' not in constant.state_dict()
    scheduled = ICConv2d(4, 4, 3, alpha=0.0, alpha_mode='scheduled')
    assert 'alpha' in scheduled.state_dict() and 'alpha' not in dict(scheduled.named_parameters())
    x = torch.randn(1, 4, 5, 5)
    at_zero = scheduled(x)
    scheduled.alpha.fill_(0.5)
    term = scheduled(x) - at_zero
    scheduled.alpha.fill_(1.0)
    torch.testing.assert_close(scheduled(x) - at_zero, 2 * term)
    with pytest.raises(ValueError, match="alpha_mode: 'fixed' does not exist; take one of"):
        ICConv2d(4, 4, 3, alpha_mode='fixed')


class Calls(torch.overrides.TorchFunctionMode):
    """Counts the convolutions."""

    count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.count += function is torch.conv2d or function is F.conv2d
        return function(*args, **(kwargs or {}))


def convolutions(layer, x):
    with Calls() as calls:
        layer(x)
    return calls.count


def test_a_term_that_is_0_and_cannot_learn_costs_nothing():
    x = torch.randn(1, 4, 6, 6)
    constant = ICConv2d(4, 6, 3, alpha=0.0, inner_bias=True)
    assert [name for name, p in constant.named_parameters() if p.requires_grad] == ['weight']
    assert convolutions(constant, x) == 1
    constant.set_alpha(1.0, 'constant')
    assert all(p.requires_grad for p in constant.parameters())
    assert convolutions(constant, x) == 3
    for mode in ('learned', 'scheduled'):
        layer = ICConv2d(4, 6, 3, alpha=0.0, alpha_mode=mode)
        assert convolutions(layer, x) == 3
        layer.requires_grad_(False)
        for twin in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert convolutions(twin, x) == 1
            with torch.no_grad():
                twin.alpha.fill_(0.5)
            assert convolutions(twin, x) == 3
            twin.load_state_dict(dict(twin.state_dict(), alpha=torch.tensor(0.0)))
            assert convolutions(twin, x) == 1


@pytest.mark.parametrize('mode', ['constant', 'learned'])
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
@pytest.mark.parametrize('alpha', [0.0, 1.0])
def test_autocast_is_finite_and_keeps_its_dtype(mode, dtype, alpha):
    if dtype == torch.float16 and TORCH < (2, 2):
        pytest.skip('torch < 2.2 has no fp16 autocast on the CPU')
    torch.manual_seed(0)
    layer = ICConv2d(64, 64, 3, padding=1, alpha=alpha, alpha_mode=mode)
    x = 1e4 * torch.rand(1, 64, 12, 12)
    with torch.autocast('cpu', dtype):
        out, plain = layer(x), F.conv2d(x, layer.weight, padding=1)
    assert out.dtype == dtype
    assert plain.isfinite().all() and out.isfinite().all()
    out.float().mean().backward()
    learns = [p for p in layer.parameters() if p.requires_grad]
    assert all(p.grad.isfinite().all() for p in learns)


@pytest.mark.skipif(TORCH < (2, 2), reason='torch < 2.2 has no fp16 convolution on the CPU')
@pytest.mark.parametrize('alpha', [0.0, 1.0, -1.0])
def test_fp16_is_finite_where_the_plain_convolution_is(alpha):
    layer = ICConv2d(8, 8, 3, padding=1, alpha=alpha, alpha_mode='learned').half()
    with torch.no_grad():
        layer.w_prime.fill_(-10.0)  # the exact term, 7e6, has no place in fp16
        layer.weight.mul_(1e-2)
    x = torch.full((1, 8, 5, 5), 1e4, dtype=torch.float16)
    assert F.conv2d(x, layer.weight, padding=1).isfinite().all()
    out = layer(x)
    assert out.isfinite().all()
    if alpha == 0:
        assert torch.equal(out, F.conv2d(x, layer.weight, padding=1))


@pytest.mark.skipif(TORCH < (2, 2), reason='torch < 2.2 has no fp16 convolution on the CPU')
def test_fp16_overflows_of_both_signs_in_one_window():
    layer = ICConv2d(2, 2, 3, padding=1).half()
    with torch.no_grad():
        layer.weight.zero_()
        layer.w_prime.copy_(torch.tensor([[10.0, -10.0], [-10.0, 10.0]]).view(2, 2, 1, 1))
    x = torch.zeros(1, 2, 4, 4, dtype=torch.float16)
    x[:, 0, ::2], x[:, 1, 1::2] = 1e4, 1e4
    assert layer(x).isfinite().all()


@pytest.mark.skipif(TORCH < (2, 2), reason='torch < 2.2 has no fp16 convolution on the CPU')
def test_fp16_keeps_relus_gradient_at_zero():
    layer = ICConv2d(4, 4, 3).half()
    layer(torch.zeros(1, 4, 5, 5, dtype=torch.float16)).sum().backward()
    assert (layer.w_prime.grad == 0).all()
    x = torch.zeros(1, 4, 5, 5, dtype=torch.float16, requires_grad=True)
    layer(x).sum().backward()
    plain = torch.zeros_like(x, requires_grad=True)
    F.conv2d(plain, layer.weight).sum().backward()
    assert torch.equal(x.grad, plain.grad)


def test_unbatched_input():
    layer = make_layer(kernel_size=3, groups=2, scalar=True)
    x = torch.randn(4, 6, 5, dtype=torch.float64)
    torch.testing.assert_close(layer(x), layer(x[None])[0])


@pytest.mark.parametrize(
    'settings',
    [
        dict(),
        dict(stride=2),
        dict(dilation=2),
        dict(groups=2),
        dict(scalar=True),
        dict(scalar=True, groups=2),
    ],
)
def test_channels_last_in_channels_last_out(settings):
    layer = ICConv2d(8, 8, 3, padding=1, **settings)
    x = torch.randn(2, 8, 9, 9)
    expected = layer(x)
    layer = layer.to(memory_format=torch.channels_last)
    out = layer(x.contiguous(memory_format=torch.channels_last))
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, expected)


def test_compile_without_a_graph_break():
    layer = ICConv2d(4, 6, 3, padding=1, alpha=0.0, alpha_mode='learned')
    x = torch.randn(1, 4, 6, 6)
    compiled = torch.compile(layer, fullgraph=True)
    torch.testing.assert_close(compiled(x), layer(x))
    with torch.no_grad():
        layer.alpha.fill_(0.5)
    torch.testing.assert_close(compiled(x), layer(x))


@pytest.mark.skipif(TORCH < (2, 5), reason='torch < 2.5 has no settled torch.export')
def test_export():
    layer = ICConv2d(4, 6, 3, padding=1, alpha=0.5, alpha_mode='learned')
    x = torch.randn(1, 4, 6, 6)
    exported = torch.export.export(layer, (x,))
    torch.testing.assert_close(exported.module()(x), layer(x))


def test_state_dict_copies_and_pickle():
    layer = ICConv2d(4, 6, 3, alpha=0.5, alpha_mode='learned', inner_bias=True)
    assert set(layer.state_dict()) == {'weight', 'w_prime', 'alpha', 'inner_bias'}
    x = torch.randn(1, 4, 6, 6)
    for copied in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(copied(x), layer(x))
        assert copied.weight is not layer.weight


@pytest.mark.parametrize('kind', [ICConv2d, ICConv2dAdaptivePadding])
def test_init_cfg_for_conv2d_sets_weight_and_leaves_w_prime(kind):
    layer = kind(4, 6, 3)
    before = layer.w_prime.clone()
    initialize(layer, dict(type='Constant', val=0.25, layer='Conv2d'))
    assert (layer.weight == 0.25).all()
    assert torch.equal(layer.w_prime, before)


@pytest.mark.parametrize('version, settings, factor', [
    (1, dict(kernel_size=3), 9),
    (2, dict(kernel_size=3), 1),
    (1, dict(kernel_size=(1, 5), scalar=True), 20),
    (2, dict(kernel_size=(1, 5), scalar=True), 4),
    (2, dict(kernel_size=(1, 5), groups=2, scalar=True), 2),
])  # fmt: skip
def test_state_dicts_with_the_factor_of_a_sum_are_converted(version, settings, factor):
    """Version 1 of the state dict held W' itself, version 2 k^2 W', in eq. 5 as well."""
    layer = ICConv2d(4, 6, **settings).double()
    old = layer.state_dict()
    assert old._metadata['']['version'] == 3
    old['w_prime'] = old['w_prime'] / factor
    old._metadata['']['version'] = version
    loaded = ICConv2d(4, 6, **settings).double()
    for _ in range(2):  # what is loaded stays as it is
        loaded.load_state_dict(old)
        torch.testing.assert_close(loaded.w_prime, layer.w_prime, rtol=1e-15, atol=0)
    for state in (layer.state_dict(), dict(layer.state_dict())):  # a dict has no metadata
        loaded.load_state_dict(state)
        assert torch.equal(loaded.w_prime, layer.w_prime)


@pytest.mark.parametrize('scalar, most, busy', [(False, 1.06, 0.1), (True, 1.25, 0.2)])
def test_initial_gain_from_scratch_is_near_one(scalar, most, busy):
    torch.manual_seed(0)
    layer = ICConv2d(128, 128, 3, padding=1, scalar=scalar)
    x = torch.randn(2, 128, 16, 16).relu()
    u = F.conv2d(x, layer.weight, padding=1)
    inner = (slice(None), slice(None), slice(1, -1), slice(1, -1))
    gain = layer(x)[inner].std() / u[inner].std()
    active = (layer(x)[inner] > u[inner]).float().mean()
    assert 1.0 < gain < most
    assert 0.005 < active < busy


def test_initial_term_is_active_where_alpha_starts_at_zero():
    torch.manual_seed(0)
    layer = ICConv2d(128, 128, 3, padding=1, alpha=0.0, alpha_mode='learned')
    x = torch.randn(2, 128, 16, 16).relu()
    u = layer(x)
    with torch.no_grad():
        layer.alpha.fill_(1.0)
    active = (layer(x) > u).float().mean()
    assert 0.35 < active < 0.65


def test_from_conv_keeps_the_weight_object():
    conv = torch.nn.Conv2d(4, 6, (3, 5), stride=2, padding=(1, 2), groups=2, bias=True).eval()
    layer = ICConv2d.from_conv(conv, alpha=0.0)
    assert layer.weight is conv.weight and layer.bias is conv.bias and not layer.training
    x = torch.randn(1, 4, 9, 9)
    assert torch.equal(layer(x), conv(x))


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [(8, 8), (7, 10)])
def test_adaptive_padding_is_mmcvs(stride, size):
    from mmcv.cnn.bricks import Conv2dAdaptivePadding

    conv = Conv2dAdaptivePadding(4, 6, (3, 5), stride=stride, dilation=(2, 1)).double()
    layer = ICConv2dAdaptivePadding.from_conv(conv, alpha=0.0)
    x = torch.randn(2, 4, *size, dtype=torch.float64)
    assert torch.equal(layer(x), conv(x))
    layer.alpha = 1.0
    height, width = (-(-edge // stride) for edge in size)
    total = ((height - 1) * stride + 5 - size[0], (width - 1) * stride + 5 - size[1])
    pad = [(max(t, 0) // 2, max(t, 0) - max(t, 0) // 2) for t in total]
    padded = F.pad(x, (*pad[1], *pad[0]))
    expected = naive_ic_conv(
        padded, layer.weight.detach(), layer.w_prime.detach(), None, layer.bias.detach(),
        (stride, stride), (0, 0), (2, 1), 1, 1.0,
    )  # fmt: skip
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-10)


def load(layer, **tensors):
    layer.load_state_dict(tensors, strict=False)
    return layer.w_prime.detach().clone()


def test_only_plain_weights_draw_w_prime_and_alike_on_every_rank():
    layer, other = (ICConv2d(4, 6, 3, bias=True, alpha_mode='learned') for _ in range(2))
    before = layer.w_prime.detach().clone()
    assert torch.equal(load(layer, alpha=torch.tensor(2.0), bias=torch.ones(6)), before)
    weight, state = torch.randn(6, 4, 3, 3), torch.get_rng_state()
    drawn = load(layer, weight=weight)
    assert not torch.equal(drawn, before) and torch.equal(torch.get_rng_state(), state)
    assert torch.equal(load(other, weight=weight), drawn)


def test_a_parametrized_w_prime_is_not_drawn():
    layer = ICConv2d(4, 6, 3)
    torch.nn.utils.parametrize.register_parametrization(layer, 'w_prime', torch.nn.Identity())
    before = layer.w_prime.detach().clone()
    layer.load_state_dict(copy.deepcopy(layer.state_dict()))
    assert torch.equal(layer.w_prime, before)


@pytest.mark.parametrize('alpha, mode', [(1.0, 'constant'), (0.0, 'learned')])
def test_on_the_meta_device(alpha, mode):
    assert ICConv2d(4, 6, 3, alpha=alpha, alpha_mode=mode, device='meta').w_prime.is_meta


def test_a_number_for_alpha_may_be_an_integer():
    layer, x = ICConv2d(3, 4, 3), torch.randn(1, 3, 6, 6)
    for alpha in (0, 1):
        expected = ic_conv2d(x, layer.weight, layer.w_prime, alpha=float(alpha))
        with torch.no_grad():
            found = ic_conv2d(x, layer.weight, layer.w_prime, alpha=alpha)
        torch.testing.assert_close(found, expected)
