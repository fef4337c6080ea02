"""A depthwise and a pointwise convolution as one IC layer, against loops in float64."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmcv.cnn.bricks.wrappers import Conv2d as MMCVConv2d
from torch import nn
from torch.utils.checkpoint import checkpoint

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


def from_pair(depthwise, pointwise):
    return ICPairConv2d.from_pair(depthwise, pointwise, 1.0, 'constant')


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


@pytest.mark.parametrize('mode', ['constant', 'learned'])
def test_gradients(mode):
    _, net = make_pair(padding=1, alpha=0.5, mode=mode)
    nn.init.normal_(net[3].w_prime)  # its own start is almost silent
    x = torch.randn(1, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(net, x)
    net(x).sum().backward()
    assert mode == 'constant' or net[3].alpha.grad is not None
    assert net[3].w_prime.grad.abs().sum() > 0


TWINS = [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]


@pytest.mark.parametrize('twin', TWINS)
def test_the_window_is_what_the_depthwise_convolution_has_by_then(twin):
    _, wide = make_pair(padding=2, dilation=2)
    _, net = make_pair(padding=1)
    net = twin(net)
    net[0].padding = net[0].dilation = 2, 2
    x = torch.randn(1, 3, 6, 6, dtype=torch.float64)
    assert torch.equal(net(x), wide(x))


@pytest.mark.parametrize('twin', TWINS)
def test_copies_hand_over_their_own_input(twin):
    _, net = make_pair(padding=1)
    x, y = torch.randn(2, 1, 3, 5, 5, dtype=torch.float64)
    expected = net(y)
    net[0](x)  # a forward that stops between the two
    assert torch.equal(twin(net)(y), expected)


def replica(net):
    """A shallow copy, which shares tensors and hooks, as those of DataParallel do."""
    twin = net._replicate_for_data_parallel()
    for name, child in twin._modules.items():
        twin._modules[name] = replica(child)
    twin._parameters, twin._buffers = dict(net._parameters), dict(net._buffers)
    return twin


@pytest.mark.parametrize('twin', [lambda net: net, replica])
def test_threads_keep_their_inputs_apart(twin):
    """Both are between the two convolutions at the same time."""
    _, net = make_pair(padding=1)
    images = torch.randn(2, 1, 3, 5, 5, dtype=torch.float64)
    expected = [net(image) for image in images]
    both = Barrier(2, timeout=60)

    def meet(*_):
        both.wait()

    net[1].register_forward_hook(meet)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda net, image: net(image), (net, twin(net)), images))
    assert all(map(torch.equal, found, expected))


def test_the_depthwise_convolution_alone_keeps_nothing_alive():
    _, net = make_pair(padding=1)
    x = torch.randn(1, 3, 5, 5, dtype=torch.float64)
    given = weakref.ref(x)
    net[:3](x)
    net(x)
    del x
    gc.collect()
    assert given() is None


PARTS = {
    'whole': lambda net, run, x: run(net, x),
    'depthwise': lambda net, run, x: net[1:](run(net[0], x)),
    'between': lambda net, run, x: net[3](run(net[1:3], net[0](x))),
    'pointwise': lambda net, run, x: run(net[3], net[:3](x)),
    'both halves': lambda net, run, x: run(net[2:], run(net[:2], x)),
}


@pytest.mark.parametrize('part', PARTS)
@pytest.mark.parametrize('use_reentrant', [False, True])
def test_recomputing_a_part_keeps_the_gradients(part, use_reentrant):
    _, net = make_pair(padding=1, mode='learned')
    nn.init.normal_(net[3].w_prime)
    x = torch.randn(1, 3, 5, 5, dtype=torch.float64, requires_grad=True)

    def gradients(run):
        net.zero_grad()
        x.grad = None
        PARTS[part](net, run, x).square().sum().backward()
        return [tensor.grad for tensor in (x, *net.parameters())]

    def recomputed(module, x):
        return checkpoint(module, x, use_reentrant=use_reentrant)

    expected = gradients(lambda module, x: module(x))
    if use_reentrant and part in ('pointwise', 'both halves'):  # it recomputes from a copy
        with pytest.raises(RuntimeError, match='parts of a pair with use_reentrant=False'):
            gradients(recomputed)
        return
    for gradient, truth in zip(gradients(recomputed), expected, strict=True):
        torch.testing.assert_close(gradient, truth, rtol=0, atol=1e-12)


class Functional(nn.Module):
    """A block with a function between the two convolutions."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(4, 4, 3, groups=4)
        self.second = nn.Conv2d(4, 4, 1)

    def forward(self, x):
        return self.second(self.first(x).relu())


def test_an_input_that_does_not_come_along_is_a_sentence():
    sentence = 'pairs: the input of a depthwise convolution did not reach the pointwise one'
    _, net = make_pair(padding=1)
    with pytest.raises(RuntimeError, match=sentence):
        net[3](torch.randn(1, 3, 5, 5, dtype=torch.float64))
    net = Functional()
    inject_pairs(net, 'first', 'second', from_pair)
    with pytest.raises(RuntimeError, match=sentence):
        net(torch.randn(1, 4, 5, 5))


def test_pairs_that_overlap_are_a_sentence():
    net = nn.Sequential(
        *(nn.Conv2d(4, 4, 3, groups=4) for _ in range(2)), *(nn.Conv2d(4, 4, 1) for _ in range(2))
    )
    inject_pairs(net, '[01]', '[23]', from_pair)
    with pytest.raises(RuntimeError, match='give pairs that do not overlap'):
        net(torch.randn(1, 4, 9, 9))


class Block(nn.Module):
    """Two pairs in a row, whose modules are registered in another order than they are called."""

    def __init__(self):
        super().__init__()
        for name, (groups, size) in dict(b=(1, 1), a=(4, 3), d=(1, 1), c=(4, 3)).items():
            setattr(self, name, nn.Conv2d(4, 4, size, padding=size // 2, groups=groups))
        self.act, self.tail = nn.ReLU(), nn.Sequential(nn.Identity(), nn.BatchNorm2d(4))

    def forward(self, x):
        x = self.b(self.tail(self.act(self.a(x)))) + x
        return self.d(self.act(self.c(x)))


def test_pairs_in_a_row_each_get_their_own_input():
    torch.manual_seed(0)
    net = Block().double().eval()
    twin = copy.deepcopy(net)
    inject_pairs(net, '[ac]', '[bd]', from_pair)
    x = torch.randn(1, 4, 5, 5, dtype=torch.float64)

    def term(u, x, w_prime):
        return (u - F.conv2d(F.avg_pool2d(x, 3, 1, 1), w_prime)).relu()

    u = twin.b(twin.tail(twin.act(twin.a(x))))
    y = u + term(u, x, net.b.w_prime) + x
    u = twin.d(twin.act(twin.c(y)))
    torch.testing.assert_close(net(x), u + term(u, y, net.d.w_prime), rtol=0, atol=1e-12)


class Crossed(nn.Module):
    """Two pairs in a row, whose n-th matches do not belong together."""

    def __init__(self):
        super().__init__()
        self.a, self.c = nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 5, groups=4)
        self.d, self.b = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        return self.d(self.c(self.b(self.a(x))))


def test_the_input_of_another_pair_is_a_sentence():
    net = Crossed()
    inject_pairs(net, '[ac]', '[bd]', from_pair)
    with pytest.raises(RuntimeError, match='did not reach the pointwise one'):
        net(torch.randn(1, 4, 9, 9))


def test_a_frozen_pointwise_convolution_stays_frozen():
    net = nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 1))
    net[1].requires_grad_(False)
    inject_pairs(net, '0', '1', lambda *pair: ICPairConv2d.from_pair(*pair, 0.0, 'learned'))
    assert not any(parameter.requires_grad for parameter in net[1].parameters())
    assert net[0].weight.requires_grad


def test_convolutions_of_mmcv():
    net = nn.Sequential(MMCVConv2d(4, 4, 3, groups=4), MMCVConv2d(4, 4, 1))
    inject_pairs(net, '0', '1', from_pair)
    assert isinstance(net[1], ICPairConv2d) and net(torch.randn(1, 4, 5, 5)).shape[2:] == (3, 3)


def hooked(conv):
    conv.register_forward_hook(lambda *_: None)
    return conv


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
        inject_pairs(net, 'first', 'second', from_pair)


def test_names_that_are_no_pairs_are_refused():
    net = nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1))
    for names, words in ((('0', '[12]'), 'matches 1 modules and'), (('9', '8'), 'matches 0')):
        with pytest.raises(ValueError, match=words):
            inject_pairs(net, *names, lambda *pair: None)
