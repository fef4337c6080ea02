"""Weights load by name, are counted, and never fail silently."""

import logging

import pytest
import torch
from mmengine.model import BaseModule, PretrainedInit
from mmengine.runner import CheckpointLoader
from mmengine.runner.checkpoint import load_checkpoint, load_state_dict
from mmpretrain.models.backbones import ResNet
from torch import nn

from ic_backbones.backbones import ICBackbone, ICResNet
from ic_backbones.errors import InputError
from ic_backbones.inject import convs_named, inject, to_ic_conv
from ic_backbones.ops import ic_layers
from ic_backbones.weights.checkpoint import Checkpoint
from ic_backbones.weights.export import export_backbone
from ic_backbones.weights.match import compare, likely_prefix

NARROW = dict(depth=18, stem_channels=8, base_channels=8)


@pytest.fixture
def plain():
    torch.manual_seed(0)
    net = ResNet(**NARROW)
    for buffer in net.buffers():
        if buffer.is_floating_point():
            nn.init.uniform_(buffer, 0.5, 1.5)
    net.eval()
    return net


def save(path, plain, layout):
    """The same weights as torchvision, mmpretrain and mmdet write them."""
    state = plain.state_dict()
    backbone = {f'backbone.{name}': tensor for name, tensor in state.items()}
    content = {
        'torchvision': {**state, 'fc.weight': torch.zeros(10, 64), 'fc.bias': torch.zeros(10)},
        'mmpretrain': dict(meta={}, state_dict={**backbone, 'head.fc.weight': torch.zeros(10, 64)}),
        'mmdet': dict(meta={}, state_dict={**backbone, 'neck.conv.weight': torch.zeros(1)}),
    }[layout]
    torch.save(content, path)
    return str(path)


@pytest.mark.parametrize('layout', ['torchvision', 'mmpretrain', 'mmdet'])
def test_plain_checkpoints_load_by_name_and_give_the_same_features(layout, plain, tmp_path, log):
    init_cfg = dict(type='Pretrained', checkpoint=save(tmp_path / 'plain.pth', plain, layout))
    if layout != 'torchvision':
        init_cfg['prefix'] = 'backbone.'
    net = ICResNet(**NARROW, alpha=0.0, alpha_mode='learned', init_cfg=init_cfg).eval()
    net.init_weights()
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(net(x)[0], plain(x)[0])
    ignored = '2 ignored (fc.weight, fc.bias)' if layout == 'torchvision' else '0 ignored'
    lines = [r.message for r in log.records if 'tensors matched' in r.message]
    assert len(lines) == 1
    assert f'{len(plain.state_dict())} tensors matched, 32 new, {ignored}' in lines[0]


@pytest.mark.parametrize(
    'kind', [PretrainedInit, 'mmengine.Pretrained', 'mmengine.model.weight_init.PretrainedInit']
)
def test_any_name_of_mmengines_class_loads_by_name(kind, tmp_path):
    torch.manual_seed(0)
    trained = ICResNet(**NARROW, alpha=0.5, alpha_mode='learned')
    torch.save(trained.state_dict(), tmp_path / 'ic.pth')
    init_cfg = dict(type=kind, checkpoint=str(tmp_path / 'ic.pth'))
    net = ICResNet(**NARROW, alpha=0.0, alpha_mode='learned', init_cfg=init_cfg)
    net.init_weights()
    own = net.state_dict()
    assert all(torch.equal(own[name], value) for name, value in trained.state_dict().items())
    torch.save({'x.y': torch.zeros(1)}, tmp_path / 'ic.pth')
    net = ICResNet(**NARROW, init_cfg=init_cfg)
    with pytest.raises(InputError, match='0 of 120 tensors match'):
        net.init_weights()


@pytest.mark.parametrize('kind', ['', '.', 'Foo', 'foo.Pretrained', 5, None])
def test_a_type_that_does_not_exist_is_a_sentence(kind):
    net = ICResNet(**NARROW, init_cfg=dict(type=kind, checkpoint='a.pth'))
    with pytest.raises(InputError, match='^init_cfg: '):
        net.init_weights()


def test_loading_plain_weights_draws_from_no_shared_generator(plain, monkeypatch):
    monkeypatch.setattr(torch, 'manual_seed', lambda seed: pytest.fail('reseeded'))
    before = torch.get_rng_state()
    nets = [ICResNet(**NARROW, alpha=0.0, alpha_mode='learned') for _ in range(2)]
    torch.set_rng_state(before)
    for net in nets:
        net.load_state_dict(plain.state_dict(), strict=False)
    assert torch.equal(torch.get_rng_state(), before)
    w_primes = [[layer.w_prime for layer in ic_layers(net).values()] for net in nets]
    assert all(torch.equal(*pair) for pair in zip(*w_primes, strict=True))


def test_a_missing_prefix_is_an_error_that_names_it(plain, tmp_path):
    path = save(tmp_path / 'plain.pth', plain, 'mmpretrain')
    net = ICResNet(**NARROW, init_cfg=dict(type='Pretrained', checkpoint=path))
    with pytest.raises(InputError) as error:
        net.init_weights()
    sentence = str(error.value)
    assert f'{path}: 0 of 120 tensors match' in sentence
    assert 'missing conv1.weight, bn1.weight' in sentence
    assert 'unexpected backbone.conv1.weight' in sentence
    assert "the likely prefix, 'backbone.'" in sentence


def test_another_network_is_an_error(tmp_path):
    torch.save({'stem.weight': torch.zeros(1)}, tmp_path / 'other.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'other.pth'))
    with pytest.raises(
        InputError, match='0 of 120 tensors match, .*give a checkpoint of this network'
    ):
        ICResNet(**NARROW, init_cfg=init_cfg).init_weights()


def test_another_width_is_mismatched_not_matched(plain, tmp_path):
    init_cfg = dict(
        type='Pretrained', checkpoint=save(tmp_path / 'plain.pth', plain, 'torchvision')
    )
    with pytest.raises(InputError, match='mismatched conv1.weight.*; give a checkpoint of this'):
        ICResNet(18, init_cfg=init_cfg).init_weights()


def test_a_prefix_too_many_is_an_error_that_says_so(plain, tmp_path):
    path = save(tmp_path / 'plain.pth', plain, 'torchvision')
    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    with pytest.raises(
        InputError, match=r"0 of 120 tensors match \(prefix 'backbone.'\).*leave the prefix out"
    ):
        ICResNet(**NARROW, init_cfg=init_cfg).init_weights()


@pytest.mark.parametrize('content', [None, b'', b'no checkpoint'])
def test_a_checkpoint_that_cannot_be_read_names_two_ways_out(content, tmp_path):
    path = tmp_path / 'missing.pth'
    if content is not None:
        path.write_bytes(content)
    net = ICResNet(**NARROW, init_cfg=dict(type='Pretrained', checkpoint=str(path)))
    with pytest.raises(InputError) as error:
        net.init_weights()
    sentence = str(error.value)
    assert str(path) in sentence and '\n' not in sentence
    assert 'init_cfg.checkpoint=FILE' in sentence and 'init_cfg=None' in sentence


def test_no_network_is_one_sentence(monkeypatch, tmp_path):
    from urllib.error import URLError

    def offline(*args, **kwargs):
        raise URLError('Name or service not known')

    monkeypatch.setattr('torch.hub.download_url_to_file', offline)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    init_cfg = dict(type='Pretrained', checkpoint='torchvision://resnet18')
    with pytest.raises(
        InputError, match='org/.*/resnet18-.*: cannot be fetched, .*not known.*FILE'
    ):
        ICResNet(18, init_cfg=init_cfg).init_weights()


@pytest.mark.parametrize('held, enough', [(1, False), (2, True)])
def test_half_is_enough(held, enough):
    model = {name: torch.zeros(1) for name in 'abcd'}
    match = compare(model, {name: model[name] for name in 'abcd'[:held]}, 'file')
    assert match.has_half == enough


def test_a_part_loads_and_names_the_rest(plain, tmp_path, log):
    state = plain.state_dict()
    for name in [n for n in state if n.startswith('layer4.1')]:
        del state[name]
    torch.save(state, tmp_path / 'part.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'part.pth'))
    ICResNet(**NARROW, alpha=0.0, init_cfg=init_cfg).init_weights()
    warnings = [r.message for r in log.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1 and 'leaves 10 tensors at their initial values' in warnings[0]
    assert 'layer4.1.conv1.weight' in warnings[0]


def test_frozen_ic_layers_that_stay_plain_are_named(plain, tmp_path, log):
    path = save(tmp_path / 'plain.pth', plain, 'torchvision')
    net = ICResNet(
        **NARROW,
        alpha=0.0,
        alpha_mode='learned',
        frozen_stages=1,
        init_cfg=dict(type='Pretrained', checkpoint=path),
    )
    net.init_weights()
    assert '4 IC layers in frozen stages start from plain weights' in log.text
    assert 'stay plain' in log.text and 'layer1.0.conv1' in log.text


def test_plain_weights_under_alpha_one_are_warned_about(plain, tmp_path, log):
    """An IC block⁻ is the plain block at first, so it gets no warning."""
    init_cfg = dict(
        type='Pretrained', checkpoint=save(tmp_path / 'plain.pth', plain, 'torchvision')
    )
    ICResNet(**NARROW, variant='minus', init_cfg=init_cfg).init_weights()
    assert not [r for r in log.records if r.levelno == logging.WARNING]
    ICResNet(**NARROW, init_cfg=init_cfg).init_weights()
    assert "16 IC layers start from plain weights with alpha != 0: W' is random" in log.text


def test_a_checkpoint_without_alpha_and_one_with_too_many_are_warned_about(tmp_path, log):
    for saved, mode, words in (
        (dict(), dict(alpha=0.0, alpha_mode='learned'), "trained W' and no alpha for 16 IC layers"),
        (dict(alpha_mode='learned'), dict(), "which alpha_mode='constant' ignores"),
    ):
        torch.save(ICResNet(**NARROW, **saved).state_dict(), tmp_path / 'ic.pth')
        init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'ic.pth'))
        log.clear()
        ICResNet(**NARROW, **mode, init_cfg=init_cfg).init_weights()
        warnings = [r.message for r in log.records if r.levelno == logging.WARNING]
        assert len(warnings) == 1 and words in warnings[0]


def test_a_list_init_cfg_draws_then_loads_under_the_same_checks(plain, tmp_path):
    draw = dict(type='Constant', val=0.5, layer='Conv2d')
    load = dict(type='Pretrained', checkpoint=str(tmp_path / 'missing.pth'))
    with pytest.raises(InputError, match='missing.pth: there is no such checkpoint'):
        ICResNet(**NARROW, init_cfg=[draw, load]).init_weights()
    load['checkpoint'] = save(tmp_path / 'plain.pth', plain, 'torchvision')
    net = ICResNet(**NARROW, alpha=0.0, init_cfg=[draw, load]).eval()
    net.init_weights()
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(net(x)[0], plain(x)[0])
    w_prime = net.layer1[0].conv1.w_prime.clone()
    net.init_weights()
    assert torch.equal(net.layer1[0].conv1.w_prime, w_prime)


def test_compare_by_name_and_shape():
    model = {name: torch.zeros(2) for name in ('a', 'b.w', 'c', 'd')}
    state = {'p.a': torch.zeros(2), 'p.b.w': torch.zeros(3), 'x': torch.zeros(1)}
    match = compare(model, state, 'file', 'p', new={'d'})
    assert (match.matched, match.mismatched, match.missing) == (['a'], ['b.w'], ['c'])
    assert (match.new, match.unexpected) == (['d'], [])
    assert compare(model, state, 'file').unexpected == ['p.a', 'p.b.w', 'x']
    assert likely_prefix(model, state) == 'p.' and likely_prefix(model, ['y']) is None


@pytest.mark.parametrize('load', [load_state_dict, lambda net, s: net.load_state_dict(s, False)])
def test_plain_weights_draw_w_prime_anew_however_they_are_loaded(plain, load):
    """As by ``load_from``, whose W' would otherwise keep the scale of other weights."""
    net = ICResNet(**NARROW, alpha=0.0, alpha_mode='learned')
    state = {name: 100 * value for name, value in plain.state_dict().items()}
    before = net.layer1[0].conv1.w_prime.detach().clone()
    load(net, state)
    layer = net.layer1[0].conv1
    assert torch.equal(layer.weight, state['layer1.0.conv1.weight'])
    assert layer.w_prime.abs().max() > 20 * before.abs().max()
    own = {name: value.clone() for name, value in net.state_dict().items()}
    load(net, own)
    assert all(torch.equal(value, own[name]) for name, value in net.state_dict().items())


def old_checkpoint(net, path, *outer):
    """The checkpoint of a classifier from before ``w_prime`` held k^2 W', as PyTorch notes it."""
    model = net
    for name in ('backbone', *outer):
        model = nn.ModuleDict({name: model})
    state = model.state_dict()
    for name in state:
        if name.endswith('w_prime'):
            state[name] = state[name] / 9
    for path_of_module in state._metadata:
        state._metadata[path_of_module]['version'] = 1
    torch.save(dict(meta={}, state_dict=state), path)
    return str(path)


@pytest.mark.parametrize('adapted', [False, True])
def test_pretrained_weights_of_the_old_form_are_converted(adapted, tmp_path):
    def build(init_cfg=None):
        if not adapted:
            return ICResNet(**NARROW, init_cfg=init_cfg).eval()
        inner = dict(type='mmpretrain.ResNet', **NARROW, init_cfg=init_cfg)
        return ICBackbone(inner, convs=dict(name='layer.*', kernel_size=3)).eval()

    net = build()
    file = old_checkpoint(net, tmp_path / 'old.pth')
    again = build(dict(type='Pretrained', checkpoint=file, prefix='backbone.'))
    again.init_weights()
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(again(x), net(x))
    model = nn.Module()  # as load_from and --resume load it
    model.backbone = build()
    load_checkpoint(model, file)
    torch.testing.assert_close(model.backbone(x), net(x))
    with pytest.raises(InputError, match="holds W' as the factor of a sum"):
        export_backbone(Checkpoint.read(file), tmp_path / 'new')


def test_weights_of_the_old_form_are_converted_where_mmengine_renames_them(tmp_path):
    """It drops the prefix of DDP, and of an own module, and with them the versions."""

    class Own(BaseModule):
        def __init__(self, init_cfg=None):
            super().__init__(init_cfg)
            self.conv = nn.Conv2d(3, 8, 3)
            inject(self, convs_named('conv'), to_ic_conv)

    own = Own()
    file = old_checkpoint(own, tmp_path / 'old.pth')
    again = Own(dict(type='Pretrained', checkpoint=file, prefix='backbone.'))
    again.init_weights()
    torch.testing.assert_close(again.conv.w_prime, own.conv.w_prime)

    file = old_checkpoint(own, tmp_path / 'ddp.pth', 'module')
    torch.save(CheckpointLoader.load_checkpoint(file), file)  # as mmengine publishes a checkpoint
    model = nn.ModuleDict(dict(backbone=Own()))
    load_checkpoint(model, file)
    torch.testing.assert_close(model.backbone.conv.w_prime, own.conv.w_prime)
