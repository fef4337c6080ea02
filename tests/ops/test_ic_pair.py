"""A depthwise and a pointwise convolution as one IC layer, against loops in float64."""

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import nn

from ic_backbones.inject import inject_pairs
from ic_backbones.ops import ICPairConv2d


def make_pair(
    kind=nn.Conv2d, channels=3, out=4, multiplier=1, alpha=0.7, mode='constant', **window
):
    """Depthwise, BN, ReLU6, pointwise with a bias; the two made one."""
    torch.manual_seed(0)
    hidden = channels * multiplier
    net = nn.Sequential(
        kind(channels, hidden, window.pop('kernel_size', 3), groups=channels, **window),
        nn.BatchNorm2d(hidden),
        nn.ReLU6(),
        nn.Conv2d(hidden, out, 1),
    )
    plain = copy.deepcopy(net).double().eval()
    inject_pairs(net, '0', '3', lambda *pair: ICPairConv2d.from_pair(*pair, alpha, mode))
    net = net.double().eval()
    return plain, net


def naive(plain, pair, x, window):
    """``u + alpha * relu(u - W' . box)``, the box sum window by window."""
    u = plain(x)
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = window
    padded = F.pad(x, (pw, pw, ph, ph))
    out = u.clone()
    for image in range(len(x)):
        for row in range(u.shape[2]):
            for column in range(u.shape[3]):
                box = torch.zeros(x.shape[1], dtype=x.dtype)
                for i in range(kh):
                    for j in range(kw):
                        box += padded[image, :, row * sh + i * dh, column * sw + j * dw]
                for channel in range(u.shape[1]):
                    v = u[image, channel, row, column] - pair.w_prime[channel, :, 0, 0] @ box / (
                        kh * kw
                    )
                    out[image, channel, row, column] += pair.alpha * v.clamp(min=0)
    return out


@pytest.mark.parametrize(
    'window',
    [
        dict(kernel_size=3, padding=1),
        dict(kernel_size=3, stride=2, padding=1),
        dict(kernel_size=(3, 5), stride=(1, 2), padding=(1, 2)),
        dict(kernel_size=3, padding=2, dilation=2, multiplier=2),
        dict(kernel_size=2, out=2),
    ],
)
def test_is_the_equation(window):
    plain, net = make_pair(**window)
    conv = plain[0]
    x = torch.randn(2, 3, 7, 6, dtype=torch.float64)
    geometry = conv.kernel_size, conv.stride, conv.padding, conv.dilation
    with torch.no_grad():
        nn.init.normal_(net[3].w_prime)
        expected = naive(plain, net[3], x, geometry)
        torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-10)
    assert (expected - plain(x)).abs().max() > 0.1
    assert net[3].w_prime.shape == (conv_out(net), 3, 1, 1)


def conv_out(net):
    return net[3].out_channels


@pytest.mark.parametrize('size', [(7, 6), (8, 9)])
def test_padding_that_depends_on_the_size(size):
    """mmcv's convolution pads more at the end; the box sum follows it."""
    plain, net = make_pair(Conv2dAdaptivePadding, kernel_size=3, stride=2)
    total = [(-(-edge // 2) - 1) * 2 + 3 - edge for edge in size]
    pad = [total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2]
    x = torch.randn(1, 3, *size, dtype=torch.float64)
    box = F.conv2d(F.pad(x, pad), torch.ones(3, 1, 3, 3).double() / 9, stride=2, groups=3)
    u = plain(x)
    term = (u - F.conv2d(box, net[3].w_prime)).relu()
    torch.testing.assert_close(net(x), u + 0.7 * term, rtol=0, atol=1e-10)


@pytest.mark.parametrize('mode', ['constant', 'learned', 'scheduled'])
def test_at_alpha_zero_it_is_the_plain_pair(mode):
    plain, net = make_pair(padding=1, alpha=0.0, mode=mode)
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    assert torch.equal(net(x), plain(x))
    assert net[3].w_prime.abs().max() > 0


def test_gradients():
    _, net = make_pair(padding=1, alpha=0.5, mode='learned')
    nn.init.normal_(net[3].w_prime)  # its own start is almost silent
    x = torch.randn(1, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(net, x)
    net(x).sum().backward()
    assert net[3].alpha.grad is not None and net[3].w_prime.grad.abs().sum() > 0


@pytest.mark.parametrize('twin', [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_hand_over_their_own_input(twin):
    _, net = make_pair(padding=1)
    x, y = torch.randn(2, 1, 3, 5, 5, dtype=torch.float64)
    expected = net(y)
    net[0](x.requires_grad_() * 1)  # a forward that stops between the two leaves an input behind
    other = twin(net)
    assert other[3].tap.x is None and other[3].tap is not net[3].tap
    assert torch.equal(other(y), expected)


def test_the_wrong_way_round_is_a_sentence():
    _, net = make_pair(padding=1)
    with pytest.raises(RuntimeError, match='ran before its depthwise one'):
        net[3](torch.randn(1, 3, 5, 5, dtype=torch.float64))


def hooked(conv):
    conv.register_forward_hook(lambda *_: None)
    return conv


def test_nothing_is_kept_after_the_forward():
    _, net = make_pair(padding=1)
    net(torch.randn(1, 3, 5, 5, dtype=torch.float64))
    assert net[3].tap.x is None


@pytest.mark.parametrize(
    'depthwise, pointwise, words',
    [
        (nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 1), 'is not a depthwise convolution'),
        (
            nn.ConvTranspose2d(4, 4, 3, groups=4),
            nn.Conv2d(4, 4, 1),
            'is not a depthwise convolution',
        ),
        (nn.Conv1d(4, 4, 3, groups=4), nn.Conv1d(4, 4, 1), 'is not a depthwise convolution'),
        (nn.Conv2d(4, 4, 3, groups=4, padding='same'), nn.Conv2d(4, 4, 1), 'pads in a way'),
        (nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(8, 4, 1), 'is not a pointwise convolution of 4'),
        (
            nn.Conv2d(4, 4, 3, groups=4),
            nn.Conv2d(4, 4, 1, padding=1),
            'is not a pointwise convolution',
        ),
        (nn.Conv2d(4, 4, 3, groups=4), hooked(nn.Conv2d(4, 4, 1)), 'has hooks or a parametriz'),
        (nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 3), 'is not a pointwise convolution of 4'),
        (
            nn.Conv2d(4, 4, 3, groups=4),
            nn.Conv2d(4, 4, 1, groups=2),
            'is not a pointwise convolution',
        ),
    ],
)
def test_what_is_no_pair_is_refused_by_name(depthwise, pointwise, words):
    net = nn.ModuleDict(dict(first=depthwise, second=pointwise))
    with pytest.raises(ValueError, match=f'ModuleDict.second: .*{words}'):
        inject_pairs(
            net, 'first', 'second', lambda *pair: ICPairConv2d.from_pair(*pair, 1.0, 'constant')
        )


def test_names_that_are_no_pairs_are_refused():
    net = nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1))
    for names, words in ((('0', '[12]'), 'matches 1 modules and'), (('9', '8'), 'matches 0')):
        with pytest.raises(ValueError, match=words):
            inject_pairs(net, *names, lambda *pair: None)
