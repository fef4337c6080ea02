"""One suite over every registered backbone: a new one is tested for free."""

import copy
import pickle

import pytest
import torch
from helpers import count_calls, randomise_norms
from mmengine.model.efficient_conv_bn_eval import turn_on_efficient_conv_bn_eval
from tiny_backbones import REGISTERED, TINY, build

from ic_backbones import backbones
from ic_backbones.errors import InputError


def test_none_is_left_out():
    assert set(REGISTERED) == set(TINY) == set(backbones.__all__)


@pytest.mark.parametrize('name', REGISTERED)
@pytest.mark.parametrize('size', [(65, 71), (98, 51)])
def test_shapes_are_as_published_and_every_parameter_learns(name, size):
    net = build(name).train()
    features = net(torch.randn(2, 3, *size))
    assert len(features) == len(net.out_channels) == len(net.out_strides)
    for feature, channels, stride in zip(features, net.out_channels, net.out_strides, strict=True):
        assert feature.shape == (2, channels, *(-(-edge // stride) for edge in size))
    sum(f.square().mean() for f in features).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize('name', REGISTERED)
def test_saving_and_loading_gives_the_same_features(name, tmp_path):
    net = build(name)
    assert net.eval() is net
    torch.save(net.state_dict(), tmp_path / 'net.pth')
    other = build(name, seed=1).eval()
    x = torch.randn(1, 3, 64, 64)
    assert not torch.equal(other(x)[-1], net(x)[-1])
    other.load_state_dict(torch.load(tmp_path / 'net.pth'))
    for feature, expected in zip(other(x), net(x), strict=True):
        assert torch.equal(feature, expected)


@pytest.mark.parametrize('name', REGISTERED)
@pytest.mark.parametrize('prefix', ['', 'backbone.'])
def test_its_own_checkpoint_loads_whole_by_init_cfg(name, prefix, tmp_path):
    expected = randomise_norms(build(name)).state_dict()
    state = {f'{prefix}{key}': value for key, value in expected.items()}
    torch.save(dict(state_dict=state), tmp_path / 'net.pth')
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'net.pth'))
    net = build(name, seed=1, init_cfg=dict(pretrained, prefix=prefix) if prefix else pretrained)
    net.init_weights()
    assert net.state_dict().keys() == expected.keys()
    for key, value in net.state_dict().items():
        assert torch.equal(value, expected[key]), key


@pytest.fixture(params=REGISTERED)
def net(request):
    if isinstance(request.param, str):
        return randomise_norms(build(request.param))
    name, variant, mode = request.param
    return randomise_norms(build(name, variant=variant, alpha_mode=mode))


def features_of(net, x):
    with torch.no_grad():
        return net(x)


@pytest.mark.parametrize('twin', [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_give_the_same_features(net, twin):
    x = torch.randn(1, 3, 65, 71)
    for feature, expected in zip(
        features_of(twin(net.eval()), x), features_of(net, x), strict=True
    ):
        assert torch.equal(feature, expected)


def test_channels_last_gives_the_same_features(net):
    net = net.double().eval()
    x = torch.randn(2, 3, 65, 71, dtype=torch.float64)
    expected = features_of(net, x)
    net = net.to(memory_format=torch.channels_last)
    found = features_of(net, x.contiguous(memory_format=torch.channels_last))
    for feature, truth in zip(found, expected, strict=True):
        torch.testing.assert_close(feature, truth, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_outputs_keep_the_memory_format_of_the_image(net, memory_format):
    net = net.eval().to(memory_format=memory_format)
    for feature in features_of(net, torch.randn(2, 3, 65, 71).to(memory_format=memory_format)):
        assert feature.is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize('net', [*REGISTERED, ('ICResNet', 'minus', 'scheduled')], indirect=True)
def test_traced_gives_the_same_features(net):
    traced = torch.fx.symbolic_trace(net.eval())
    x = torch.randn(1, 3, 65, 71)
    for feature, expected in zip(features_of(traced, x), features_of(net, x), strict=True):
        assert torch.equal(feature, expected)


def test_a_jit_trace_gives_the_same_features(net):
    """With gradients, although the tracer checks a trace without them."""
    x = torch.randn(1, 3, 64, 64)
    traced = torch.jit.trace(net.eval(), x)
    for feature, expected in zip(features_of(traced, x), features_of(net, x), strict=True):
        torch.testing.assert_close(feature, expected)


@pytest.mark.parametrize('net', [*REGISTERED, ('ICResNet', 'minus', 'scheduled')], indirect=True)
def test_mmengines_efficient_conv_bn_eval_gives_the_same_features(net):
    net = net.double().eval()
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    expected = features_of(net, x)
    turn_on_efficient_conv_bn_eval(torch.nn.ModuleDict(dict(backbone=net)), 'backbone')
    for feature, truth in zip(features_of(net, x), expected, strict=True):
        torch.testing.assert_close(feature, truth, rtol=1e-9, atol=1e-9)


def test_compiled_gives_the_same_features(net):
    """Dynamo's graphs alone; inductor would take minutes."""
    torch._dynamo.reset()
    net = net.eval()
    x = torch.randn(1, 3, 65, 71)
    found = features_of(torch.compile(net, backend='eager'), x)
    for feature, truth in zip(found, features_of(net, x), strict=True):
        torch.testing.assert_close(feature, truth)


@pytest.mark.parametrize(
    'name, settings', [*((name, {}) for name in REGISTERED), ('ICResNet', dict(variant='minus'))]
)
def test_checkpointing_gives_the_same_gradients(name, settings):
    plain, recomputed = build(name, **settings), build(name, **settings, with_cp=True)
    x = torch.randn(2, 3, 65, 71)
    once, again = (count_calls(net, torch.nn.Conv2d) for net in (plain, recomputed))
    for net in (plain, recomputed):
        net.train()
        sum(feature.square().mean() for feature in net(x)).backward()
    assert len(again) > len(once)
    gradients = dict(plain.named_parameters())
    for key, parameter in recomputed.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[key].grad, msg=key)


@pytest.mark.parametrize('name', REGISTERED)
def test_frozen_stages_stay_as_they_are(name):
    net = build(name, frozen_stages=1).train()
    norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    frozen = {m: m.running_mean.clone() for m in norms if not m.weight.requires_grad}
    learns = {key: parameter.requires_grad for key, parameter in net.named_parameters()}
    assert 0 < sum(learns.values()) < len(learns)
    sum(feature.square().mean() for feature in net(torch.randn(2, 3, 65, 71))).backward()
    assert all((p.grad is not None) == p.requires_grad for p in net.parameters())
    assert frozen and all(torch.equal(norm.running_mean, mean) for norm, mean in frozen.items())


@pytest.mark.parametrize('name', REGISTERED)
def test_norms_keep_their_statistics(name):
    net = build(name, norm_eval=True).train()
    norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert net.training and norms and not any(norm.training for norm in norms)


@pytest.mark.parametrize('name', REGISTERED)
def test_another_networks_checkpoint_is_refused(name, tmp_path):
    torch.save({'conv9.weight': torch.ones(1)}, tmp_path / 'other.pth')
    net = build(name, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'other.pth')))
    with pytest.raises(InputError, match='0 of .* tensors match'):
        net.init_weights()
