"""The papers' claims about one IC neuron: XOR, theorem 1, theorem 2."""

import pytest
import torch
from helpers import TORCH

from ic_backbones.ops import ICLinear, ic_linear


def naive_neuron(x, w, w_prime, b1, b2, alpha):
    out = torch.zeros(len(x), len(w), dtype=x.dtype)
    for i in range(len(x)):
        for j in range(len(w)):
            linear = sum(w[j, k] * x[i, k] for k in range(x.shape[1]))
            inner = linear - w_prime[j] * sum(x[i, k] for k in range(x.shape[1])) + b1[j]
            out[i, j] = linear + alpha * max(inner, 0.0) + b2[j]
    return out


def test_equals_naive_loops_and_gradcheck():
    torch.manual_seed(0)
    layer = ICLinear(5, 3, alpha=0.5, alpha_mode='learned').double()
    for parameter in (layer.w_prime, layer.inner_bias, layer.bias):
        torch.nn.init.normal_(parameter)
    x = torch.randn(4, 5, dtype=torch.float64)
    parts = [p.detach() for p in (layer.weight, layer.w_prime, layer.inner_bias, layer.bias)]
    torch.testing.assert_close(layer(x), naive_neuron(x, *parts, 0.5), rtol=0, atol=1e-10)
    weight, w_prime, b1, b2 = (p.clone().requires_grad_() for p in parts)
    alpha = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    arguments = (x.requires_grad_(), weight, w_prime, b2, b1, alpha)
    assert torch.autograd.gradcheck(ic_linear, arguments)


@pytest.mark.skipif(
    TORCH < (2, 2),
    reason='torch < 2.2 has no fp16 linear layer on the CPU',
)
@pytest.mark.parametrize('w_prime', [-1.0, 0.0, 1.0])
@pytest.mark.parametrize('alpha', [0.0, 1.0])
def test_fp16_is_finite_where_the_linear_layer_is(w_prime, alpha):
    torch.manual_seed(0)
    layer = ICLinear(64, 4, alpha=alpha).half()
    torch.nn.init.constant_(layer.w_prime, w_prime)
    x = torch.full((2, 64), 1e4, dtype=torch.float16)
    plain = torch.nn.functional.linear(x, layer.weight, layer.bias)
    assert plain.isfinite().all() and layer(x).isfinite().all()
    if alpha == 0:
        torch.testing.assert_close(layer(x), plain)


def test_alpha_zero_is_linear():
    torch.manual_seed(0)
    layer = ICLinear(7, 4, alpha=0.0)
    x = torch.randn(3, 7)
    plain = torch.nn.functional.linear(x, layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), plain)


def test_starts_as_eq_1():
    torch.manual_seed(0)
    layer = ICLinear(3, 2).double()
    x = torch.randn(6, 3, dtype=torch.float64)
    u = x @ layer.weight.T
    eq_1 = u + (x @ (layer.weight - 1).T).relu() + layer.bias
    torch.testing.assert_close(layer(x), eq_1)


def test_one_relu_neuron_separates_xor():
    # Figure 2c; its caption swaps the biases: -0.3506 is the outer one, 0.6463 the inner one.
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    w = torch.full((1, 2), 0.2805)
    y = ic_linear(x, w, torch.ones(1), torch.tensor([-0.3506]), torch.tensor([0.6463])).relu()
    expected = torch.tensor([0.2957, 0.0, 0.0, 0.2104])  # hand-computed from eq. 1
    torch.testing.assert_close(y[:, 0], expected, rtol=0, atol=1e-4)
    assert ((y[:, 0] > 0.1) == torch.tensor([True, False, False, True])).all()


def test_theorem_1_w_prime_turns_the_hyperplane_through_pi():
    # The normal is w - w' 1: in the plane of w and 1 its angle runs through (almost) pi.
    for seed in range(10):
        generator = torch.Generator().manual_seed(seed)
        w = torch.randn(4, generator=generator, dtype=torch.float64)
        one = torch.ones(4, dtype=torch.float64) / 2  # unit length in 4 dimensions
        across = w - (w @ one) * one  # the part of w that w' cannot change
        w_prime = torch.tan(torch.linspace(-1.5707, 1.5707, 20001, dtype=torch.float64)) * 10
        normals = w[None] - w_prime[:, None]
        in_plane = (normals @ one)[:, None] * one + (normals @ across / across.square().sum())[
            :, None
        ] * across
        torch.testing.assert_close(normals, in_plane)  # it stays in the plane: it only turns
        angle = torch.atan2(normals @ across / across.norm(), normals @ one)
        assert (angle.diff() > 0).all()  # it turns one way
        assert 0 < angle[0] < 1e-3 and torch.pi - 1e-3 < angle[-1] < torch.pi
        assert angle.diff().max() < 0.05  # and leaves no gap
        x = torch.randn(500, 4, generator=generator, dtype=torch.float64)
        for value in (-2.0, 0.0, 0.5, 3.0):  # there the layer bends
            bent = ic_linear(x, w[None], torch.tensor([value]).double())[:, 0] != x @ w
            assert torch.equal(bent, x @ (w - value) > 0)


def test_theorem_2_any_mp_neuron_on_a_closed_input_space():
    for seed in range(50):
        generator = torch.Generator().manual_seed(seed)
        n = 1 + seed % 6
        w, bias = torch.randn(1, n, generator=generator), torch.randn(1, generator=generator)
        w_prime, radius = torch.randn(1, generator=generator), 10 ** (seed % 4)
        x = radius * (2 * torch.rand(500, n, generator=generator) - 1)
        b1 = -radius * (w - w_prime).abs().sum(1)  # below it, the ReLU is silent on the cube
        mp = torch.nn.functional.linear(x, w) + bias
        assert torch.equal(ic_linear(x, w, w_prime, bias, b1), mp)
        louder = ic_linear(x, w, w_prime, bias, torch.full((1,), float(radius)))
        assert not torch.equal(louder, mp)


def test_init_w_prime_is_eq_1_again():
    layer = ICLinear(4, 3)
    torch.nn.init.normal_(layer.w_prime)
    layer.init_w_prime()
    assert torch.equal(layer.w_prime, torch.ones(3))
