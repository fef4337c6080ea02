"""SINet: the counts of table 2, blocks, freezing."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import mmpretrain
import pytest
import torch
from helpers import randomise_norms
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.runner.checkpoint import load_state_dict
from mmpretrain.registry import MODELS

from ic_backbones.backbones import SINet
from ic_backbones.complexity import count
from ic_backbones.errors import InputError
from ic_backbones.ops import DenseFunnel, ExchangeShortcut, SIUnit
from ic_backbones.ops.si_deploy import ClampedConv

ALL = (0, 1, 2, 3, 4)
SMALL = dict(width=0.4, units=(1, 1, 2, 1, 1))


@pytest.mark.parametrize(
    'width, params, macs',
    [(1.0, 3.0e6, 208e6), (1.2, 3.9e6, 280e6), (1.6, 6.0e6, 468e6), (1.8, 7.6e6, 570e6)],
)
def test_counts_of_table_2(width, params, macs):
    channels = SINet(width, out_indices=ALL).out_channels
    classifier = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='ic_backbones.SINet', width=width, out_indices=ALL),
            head=dict(
                type='ic_backbones.JointDecisionHead',
                num_classes=1000,
                in_channels=channels,
                mid_channels=int(1280 * max(1, width)),
            ),
        )
    )
    assert count(classifier) == (pytest.approx(params, rel=0.08), pytest.approx(macs, rel=0.04))


def test_blocks_of_table_1():
    net = SINet(out_indices=ALL).eval()
    with torch.no_grad():
        sizes = [tuple(feature.shape[1:]) for feature in net(torch.zeros(1, 3, 224, 224))]
    assert sizes == [(24, 112, 112), (40, 56, 56), (80, 28, 28), (96, 14, 14), (192, 7, 7)]
    assert net.stem.conv.conv.out_channels == 21
    kernels = [[unit_kernel(unit) for unit in block] for block in net.blocks]
    assert kernels == [[3], [5] * 2, [5] * 6, [3] * 6, [5] * 6]
    for block in net.blocks[1:]:
        assert [unit.funnel is not None for unit in block] == [False] + [True] * (len(block) - 1)


def unit_kernel(unit):
    conv = unit.conv.conv if isinstance(unit.conv, ExchangeShortcut) else unit.conv
    return conv[-2].conv.kernel_size[0]


def test_norms_come_before_activations():
    modules = dict(SINet(**SMALL).named_modules())
    assert not [name for name in modules if 'act_norm' in name]
    assert list(modules['stem.conv']._modules) == ['conv', 'bn', 'act']


@pytest.mark.parametrize('own, other', [('norm', 'act'), ('act', 'norm')])
def test_weights_of_the_other_order_are_refused(own, other):
    orders = dict(norm=('conv', 'norm', 'act'), act=('conv', 'act', 'norm'))
    nets = [torch.nn.Sequential(SINet(**SMALL, order=orders[order])) for order in (own, other)]
    nets[0].load_state_dict(nets[0].state_dict())
    nets[0].load_state_dict({}, strict=False)
    for load in (torch.nn.Module.load_state_dict, load_state_dict):  # mmengine has its own
        with pytest.raises(InputError, match=f"with order=.'conv', '{other}'.*; set that"):
            load(nets[0], nets[1].state_dict(), strict=False)
    nets[1][0].switch_to_deploy()  # has neither order
    nets[0][0].switch_to_deploy()
    nets[0].load_state_dict(nets[1].state_dict())


def test_arguments_of_the_ablations():
    def kinds(**kwargs):
        modules = list(SINet(**SMALL, **kwargs).modules())
        shifts = {m.exchange.shift > 0 for m in modules if isinstance(m, ExchangeShortcut)}
        groups = max(
            m.groups for m in modules if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (1, 1)
        )
        return shifts, groups, any(isinstance(m, DenseFunnel) for m in modules)

    assert kinds() == ({True}, 2, True)
    assert kinds(groups=1) == ({False}, 1, True)
    assert kinds(exchange=False) == ({False}, 2, True)
    assert kinds(funnel=False) == ({True}, 2, False)


@pytest.mark.parametrize('funnel', [True, dict(norm_cfg=dict(type='BN'))])
@pytest.mark.parametrize('order', [('conv', 'act', 'norm'), ('conv', 'norm', 'act')])
def test_folding_the_norms_changes_nothing(order, funnel):
    torch.manual_seed(0)
    net = randomise_norms(SINet(**SMALL, order=order, funnel=funnel)).double().eval()
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    expected = net(x)[0]
    folded = fuse_conv_bn(net)
    assert sum(isinstance(m, torch.nn.Identity) for m in folded.modules()) > 0
    torch.testing.assert_close(folded(x)[0], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    'settings',
    [
        dict(),
        dict(order=('conv', 'act', 'norm')),
        dict(exchange=False),
        dict(funnel=False),
        dict(funnel=dict(norm_cfg=dict(type='BN'))),
        dict(groups=1),
        dict(groups=4),
        dict(act_cfg=dict(type='ReLU')),
        dict(act_cfg=dict(type='HSwish')),  # has no bounds
    ],
)
def test_deployed_it_is_the_same_function(settings):
    torch.manual_seed(0)
    net = randomise_norms(SINet(0.4, units=(1, 2, 2, 2, 2), out_indices=(0, 4), **settings))
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight[0], module.running_var[0] = 0, 0.01
    net.double().eval()
    x = torch.randn(2, 3, 64, 48, dtype=torch.float64)
    pixel = torch.randn(1, 3, 32, 32, dtype=torch.float64)  # of the last map
    expected, of_pixel = net(x), net(pixel)
    net.switch_to_deploy()
    assert not any(isinstance(module, SIUnit | DenseFunnel) for module in net.modules())
    assert not any(parameter.requires_grad for parameter in net.parameters())
    for _ in range(2):  # nothing is left behind
        torch.testing.assert_close(net(pixel), of_pixel, rtol=1e-10, atol=1e-10)
    for memory_format in (torch.contiguous_format, torch.channels_last):
        found = net(x.contiguous(memory_format=memory_format))
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
        assert all(feature.is_contiguous(memory_format=memory_format) for feature in found)
    torch.testing.assert_close(torch.fx.symbolic_trace(net)(x), expected, rtol=1e-10, atol=1e-10)
    assert [len(feature) for feature in net(x[:0])] == [0, 0]
    net.switch_to_deploy()  # once more changes nothing
    net.float()
    with torch.autocast('cpu', torch.bfloat16), torch.no_grad():
        found = net(x.float())[0].double()
    torch.testing.assert_close(found, expected[0], rtol=0.1, atol=0.1 * expected[0].std().item())


def test_funnels_can_start_as_the_identity():
    """At the start it then is the network without funnels."""
    torch.manual_seed(0)
    nets = [SINet(**SMALL, funnel=funnel) for funnel in (dict(start='identity'), False, True)]
    for net in nets:
        net.init_weights()
    for net in nets:
        net.load_state_dict(nets[1].state_dict(), strict=False)  # all but the funnels
    x = torch.randn(2, 3, 64, 48)
    identity, without, random = (net.eval()(x)[0] for net in nets)
    assert torch.equal(identity, without) and not torch.allclose(random, without)


@torch.no_grad()
def test_its_deployed_checkpoint_loads(tmp_path):
    """By mmpretrain's own tool, then with ``deploy=True`` and with ``init_cfg``."""
    torch.manual_seed(0)
    head = dict(type='LinearClsHead', num_classes=2, in_channels=80)
    model = dict(
        type='mmpretrain.ImageClassifier',
        backbone=dict(type='ic_backbones.SINet', **SMALL),
        neck=dict(type='GlobalAveragePooling'),
        head=head,
    )
    classifier = randomise_norms(MODELS.build(model)).eval()
    x = torch.randn(2, 3, 64, 64)
    expected = classifier.backbone(x)[0], classifier(x)
    trained = dict(meta=dict(epoch=3), state_dict=classifier.state_dict())
    file = str(tmp_path / 'deployed.pth')
    mmpretrains_tool().convert_classifier_to_deploy(classifier, trained, file)
    model['backbone']['deploy'] = True
    deployed = MODELS.build(model).eval()
    deployed.load_state_dict(torch.load(file)['state_dict'])
    for found, truth in zip((deployed.backbone(x)[0], deployed(x)), expected, strict=True):
        torch.testing.assert_close(found, truth, rtol=1e-3, atol=1e-4)
    init = dict(type='Pretrained', checkpoint=file, prefix='backbone.')
    backbone = MODELS.build(dict(model['backbone'], init_cfg=init))
    backbone.init_weights()
    assert torch.equal(backbone.eval()(x)[0], deployed.backbone(x)[0])


def mmpretrains_tool():
    file = Path(mmpretrain.__file__).parent / '.mim/tools/model_converters/reparameterize_model.py'
    spec = spec_from_file_location('reparameterize_model', file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_deployed_it_compiles():
    torch._dynamo.reset()
    torch.manual_seed(0)
    net = randomise_norms(SINet(**SMALL))
    net.switch_to_deploy()
    x = torch.randn(2, 3, 64, 48)
    with torch.no_grad():
        compiled = torch.compile(net, fullgraph=True, backend='aot_eager')
        torch.testing.assert_close(compiled(x), net(x))


@pytest.mark.parametrize(
    'norm_cfg',
    [
        dict(type='GN', num_groups=1),
        dict(type='BN', affine=False),
        dict(type='BN', track_running_stats=False),
    ],
)
@pytest.mark.parametrize('place', ['layers', 'funnel'])
def test_only_bn_is_deployed_and_nothing_is_changed_before_the_error(norm_cfg, place):
    own = dict(norm_cfg=norm_cfg)
    net = SINet(**SMALL, **(own if place == 'layers' else dict(funnel=own)))
    for _ in range(2):
        with pytest.raises(
            ValueError, match='only BN with scale, shift and running statistics can be merged'
        ):
            net.switch_to_deploy()
    assert not any(isinstance(module, ClampedConv) for module in net.modules())


@pytest.mark.parametrize('frozen', [-1, 0, 2, 5])
def test_frozen_stages(frozen):
    net = SINet(**SMALL, frozen_stages=frozen).train()
    parts = [net.stem, *net.blocks]
    learns = [all(p.requires_grad for p in part.parameters()) for part in parts]
    assert learns == [index > frozen for index in range(6)]
    assert [part.training for part in parts] == learns


def test_blocks_past_the_last_output_are_not_built():
    net = SINet(**SMALL, out_indices=(2, 0))
    assert len(net.blocks) == 3
    assert net.out_channels == (16, 32) and net.out_strides == (2, 8)


@pytest.mark.parametrize(
    'arguments, words',
    [
        (dict(out_indices=(5,)), r'out_indices: \(5,\) are not stages; give one or more of 0\.\.4'),
        (dict(out_indices=()), r'out_indices: \(\) are not stages'),
        (dict(out_indices=(1,), frozen_stages=3), 'frozen_stages: 3 is more than the 2 stages'),
        (dict(units=(1, 2)), r'units: \(1, 2\) does not fit channels; give 5 numbers'),
        (dict(units=(1, 0, 1, 1, 1)), 'give 5 numbers of 1 or more'),
        (dict(order=('norm', 'conv', 'act')), "is neither .'conv', 'norm', 'act'"),
        (dict(kernel_sizes=(3, 4, 5, 3, 5)), 'kernel_size: 4 is even'),
        (dict(funnel=dict(start='zero')), "start: 'zero' is neither 'identity' nor 'random'"),
        (dict(groups=0), 'groups: 0 is less than 1'),
        (dict(channels=(24, 41, 80, 96, 192), width=1.0, groups=3), 'into 3 groups'),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        SINet(**arguments)
