"""Where alpha is 0 and cannot learn, a layer reads it and executes the plain layer alone."""

import copy
from collections import Counter

import pytest
import torch
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.model import ExponentialMovingAverage
from tiny_backbones import NARROW, build
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ic_backbones.inject import inject_pairs
from ic_backbones.ops import ICConv2d, ICLinear, ICPairConv2d, ic_layers
from ic_backbones.registry import MODELS

READS_ALPHA = 'aten.eq.Scalar', 'aten._local_scalar_dense.default'


class Counted(TorchDispatchMode):
    """Counts the operations that PyTorch executes."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.counts[str(function)] += 1
        return function(*args, **(kwargs or {}))


def operations(net, x):
    """Those of a forward pass and, where something learns, of the backward pass, but for one
    reading of each alpha that is a tensor.
    """
    net.zero_grad()
    with Counted() as counted:
        out = net(x)
        out = sum(f.sum() for f in out) if isinstance(out, tuple) else out.sum()
        if out.requires_grad:
            out.backward()
    read = sum(isinstance(layer.alpha, torch.Tensor) for layer in ic_layers(net).values())
    return counted.counts - Counter(dict.fromkeys(READS_ALPHA, read))


def conv(alpha, mode):
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    net = copy.deepcopy(plain)
    net[0] = ICConv2d.from_conv(net[0], alpha=alpha, alpha_mode=mode)
    return plain, net, torch.randn(2, 3, 6, 6)


def linear(alpha, mode):
    plain = nn.Sequential(nn.Linear(5, 4))
    net = nn.Sequential(ICLinear(5, 4, alpha=alpha, alpha_mode=mode))
    net[0].take_weights(plain[0])
    return plain, net, torch.randn(2, 5)


def pair(alpha, mode):
    plain = nn.Sequential(
        nn.Conv2d(3, 3, 3, groups=3), nn.BatchNorm2d(3), nn.ReLU6(), nn.Conv2d(3, 4, 1)
    )
    net = copy.deepcopy(plain)
    inject_pairs(net, '0', '3', lambda *both: ICPairConv2d.from_pair(*both, alpha, mode))
    return plain, net, torch.randn(2, 3, 6, 6)


LAYERS = [conv, linear, pair]


def freeze_terms(net):
    for layer in ic_layers(net).values():
        for name, parameter in layer.named_parameters():
            parameter.requires_grad_(not name.startswith(layer.own_tensors))


@pytest.mark.parametrize('make', LAYERS)
@pytest.mark.parametrize('mode', ['constant', 'learned', 'scheduled'])
@pytest.mark.parametrize('learns', [True, False])
def test_it_is_the_plain_layer(make, mode, learns):
    plain, net, x = make(0.0, mode)
    freeze_terms(net)
    if not learns:
        plain.requires_grad_(False)
        net.requires_grad_(False)
    assert operations(net, x) == operations(plain, x)


@pytest.mark.parametrize('make', LAYERS)
def test_a_term_that_counts_takes_operations(make):
    for alpha, mode in (0.5, 'constant'), (0.0, 'learned'):
        plain, net, x = make(alpha, mode)
        assert operations(net, x).total() > operations(plain, x).total() + 2


@pytest.mark.parametrize('variant', ['3x3', 'minus'])
@pytest.mark.parametrize('mode', ['constant', 'learned'])
def test_frozen_stages_and_deployed_networks(variant, mode):
    frozen = dict(frozen_stages=4)
    plain = MODELS.build(dict(type='mmpretrain.ResNet', **NARROW, **frozen))
    net = build('ICResNet', variant=variant, alpha=0.0, alpha_mode=mode, **frozen)
    x = torch.randn(1, 3, 32, 32)
    plain.train(), net.train()
    assert operations(net, x) == operations(plain, x)
    if variant != 'minus':  # where one norm stays
        net.switch_to_deploy()
        plain.eval()
        x = x.contiguous(memory_format=torch.channels_last)  # the format of both, so no copies
        plain.to(memory_format=torch.channels_last)
        assert operations(net, x) == operations(fuse_conv_bn(plain).requires_grad_(False), x)


@pytest.mark.parametrize('make', LAYERS)
def test_a_frozen_copy_follows_its_model(make):
    """Averaged models and mean teachers write through ``.data``, which no version counter sees."""
    _, net, x = make(0.0, 'learned')
    average = ExponentialMovingAverage(net)
    net.eval(), average.eval()
    assert torch.equal(average(x), net(x))
    for layer in ic_layers(net).values():
        layer.alpha.data.fill_(1.0)
    average.update_parameters(net)
    torch.testing.assert_close(average(x), net(x))


def test_tensors_of_inference_mode():
    with torch.inference_mode():
        layer = ICConv2d(3, 4, 3, alpha=0.0, alpha_mode='scheduled').requires_grad_(False)
        x = torch.randn(1, 3, 6, 6)
        assert torch.equal(layer(x), torch.nn.functional.conv2d(x, layer.weight))


def test_it_is_not_read_where_that_would_wait():
    layer = ICConv2d(3, 4, 3, alpha=0.0, alpha_mode='learned', device='meta').requires_grad_(False)
    assert layer.effective_alpha() is layer.alpha  # bool() of a tensor on meta would raise
    assert layer(torch.empty(1, 3, 6, 6, device='meta')).shape == (1, 4, 4, 4)
