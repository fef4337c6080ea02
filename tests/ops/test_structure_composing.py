"""Structure composing layers against naive loops."""

import copy
import pickle

import pytest
import torch
from helpers import TORCH
from torch import nn

from ic_backbones.ops import MixedSCLayer, SCLayer
from ic_backbones.registry import MODELS

WINDOWS = [
    dict(kernel_size=3),
    dict(kernel_size=3, stride=2),
    dict(kernel_size=5),
    dict(kernel_size=3, padding=0),
    dict(kernel_size=2, padding=0, stride=2),
    dict(kernel_size=4, padding=1),
    dict(kernel_size=1),
]


def pool_by_hand(x, kernel_size, stride=1, padding=None):
    """Maximum of each window over what lies in the image: the padding is minus infinity."""
    padding = kernel_size // 2 if padding is None else padding
    height, width = ((edge + 2 * padding - kernel_size) // stride + 1 for edge in x.shape[2:])
    out = x.new_empty(*x.shape[:2], height, width)
    for i in range(height):
        for j in range(width):
            top, left = i * stride - padding, j * stride - padding
            window = x[:, :, max(top, 0) : top + kernel_size, max(left, 0) : left + kernel_size]
            out[:, :, i, j] = window.flatten(2).max(2).values
    return out


def pointwise_by_hand(x, conv):
    out = x.new_zeros(x.shape[0], conv.out_channels, *x.shape[2:])
    for c in range(conv.out_channels):
        for k in range(conv.in_channels):
            out[:, c] += conv.weight[c, k, 0, 0] * x[:, k]
        out[:, c] += conv.bias[c]
    return out


def conv_by_hand(x, conv):
    kernel, stride, padding = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    padded = nn.functional.pad(x, [padding] * 4)
    height, width = ((edge - kernel) // stride + 1 for edge in padded.shape[2:])
    out = x.new_empty(len(x), conv.out_channels, height, width)
    for i in range(height):
        for j in range(width):
            window = padded[
                :, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel
            ]
            out[:, :, i, j] = torch.einsum('nchw,ochw->no', window, conv.weight) + conv.bias
    return out


def image(*size):
    torch.manual_seed(0)
    return torch.randn(*(size or (2, 4, 9, 7)), dtype=torch.float64)


@pytest.mark.parametrize('window', WINDOWS, ids=str)
def test_sc_layer(window):
    layer = SCLayer(4, 6, **window).double()
    x = image() - 3  # mostly negative: a padding with 0 would win
    expected = pointwise_by_hand(pool_by_hand(x, **window), layer.conv)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize('window', WINDOWS, ids=str)
def test_mixed_layer_has_the_smear_channels_first(window):
    layer = MixedSCLayer(4, 6, smear_channels=2, **window).double()
    x = image() - 3
    out = layer(x)
    assert out.shape[1] == 6
    torch.testing.assert_close(out[:, :2], conv_by_hand(x, layer.smear), rtol=0, atol=1e-10)
    composed = pointwise_by_hand(pool_by_hand(x, **window), layer.compose.conv)
    torch.testing.assert_close(out[:, 2:], composed, rtol=0, atol=1e-10)


def test_kernel_1_is_the_pointwise_convolution():
    layer = SCLayer(4, 6, kernel_size=1).double()
    torch.testing.assert_close(layer(image()), layer.conv(image()), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    'layer', [SCLayer(3, 4), SCLayer(3, 4, stride=2), MixedSCLayer(3, 4, smear_channels=1)]
)
def test_gradcheck_away_from_ties(layer):
    layer = layer.double()
    x = torch.randperm(3 * 25, generator=torch.Generator().manual_seed(0)).view(1, 3, 5, 5)
    torch.autograd.gradcheck(layer, x.double().requires_grad_())


def test_parameters_are_a_ninth_of_a_convolutions():
    conv = nn.Conv2d(64, 64, 3, bias=False)
    layer = SCLayer(64, 64, bias=False)
    assert 9 * sum(p.numel() for p in layer.parameters()) == conv.weight.numel()


@pytest.mark.parametrize('kind', [SCLayer, MixedSCLayer])
def test_both_memory_formats_give_the_same_and_channels_last(kind):
    layer, x = kind(16, 32), image(2, 16, 9, 7).float()
    out = layer(x.contiguous(memory_format=torch.channels_last))
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(layer(x), out)


@pytest.mark.parametrize('kind', [SCLayer, MixedSCLayer])
def test_autocast_compile_copy_and_pickle(kind):
    layer, x = kind(16, 32), image(2, 16, 9, 7).float()
    with torch.autocast('cpu', torch.bfloat16):
        half = layer(x)
    assert half.dtype == torch.bfloat16 and half.isfinite().all()
    compiled = torch.compile(layer, fullgraph=True, backend='eager')
    assert torch.equal(compiled(x), layer(x))
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(x), layer(x))


@pytest.mark.skipif(
    TORCH < (2, 2),
    reason='torch.export of 2.1 is a prototype',
)
@pytest.mark.parametrize('kind', [SCLayer, MixedSCLayer])
def test_export(kind):
    layer, x = kind(16, 32), image(2, 16, 9, 7).float()
    exported = torch.export.export(layer, (x,)).module()
    torch.testing.assert_close(exported(x), layer(x))


@pytest.mark.parametrize(
    'settings, sentence',
    [
        (dict(type='SCLayer', kernel_size=2), 'kernel_size: 2 is even'),
        (dict(type='SCLayer', kernel_size=3, padding=2), 'padding: 2 is not between 0 and half'),
        (dict(type='MixedSCLayer', smear_channels=8), 'smear_channels: 8 is not between'),
        (dict(type='MixedSCLayer', smear_channels=0), 'smear_channels: 0 is not between'),
        (dict(type='MixedSCLayer', smear_channels=2, kernel_size=4), 'kernel_size: 4 is even'),
    ],
)
def test_settings_that_do_not_fit(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        MODELS.build(dict(in_channels=4, out_channels=8, **settings))
