"""Backbones with their norms folded: the same features, in every layout and number type."""

import copy
import pickle

import pytest
import torch
from helpers import TORCH, randomise_norms
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.runner.checkpoint import load_state_dict
from tiny_backbones import NARROW, build, config
from torch import nn

from ic_backbones.backbones import ICBackbone
from ic_backbones.errors import InputError
from ic_backbones.ops import ICConv2d, ic_layers
from ic_backbones.registry import MODELS
from ic_backbones.weights.onnx import export_onnx, largest_difference
from ic_backbones.weights.pretrained import load_pretrained

NETS = {
    'ICResNet': {},
    'ICResNet, bottlenecks': dict(depth=50),
    'ICResNet, B': dict(depth=50, variant='B'),
    'ICResNet, C': dict(depth=50, variant='C', alpha=-0.7, alpha_mode='learned'),
    'ICResNet, minus': dict(variant='minus', alpha=0.6, alpha_mode='scheduled'),
    'ICResNet_CIFAR': dict(alpha=0.6, alpha_mode='learned'),
    'SCResNet': {},
    'SfNet': {},
    'AdaptedBackbone': {},
    'ICBackbone': dict(alpha=0.6, alpha_mode='learned'),
    'SIBackbone': {},
}
KERNEL_3 = dict(kernel_size=3)


def trained(net):
    """Statistics, scales of both signs and 0, and W' that counts."""
    torch.manual_seed(0)
    randomise_norms(net)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight[0], module.weight[1] = 0, -0.5
        for layer in ic_layers(net).values():
            layer.w_prime.normal_()
    net.eval()  # mmpretrain's backbones return None
    return net


def made(name, **arguments):
    return trained(MODELS.build(config(name.split(',')[0]) | NETS[name] | arguments))


def deployed(net):
    net = copy.deepcopy(net)
    net.switch_to_deploy()
    return net


def assert_close(found, expected, tolerance):
    for feature, truth in zip(found, expected, strict=True):
        off = (feature.double() - truth.double()).abs().max() / truth.double().abs().max()
        assert off < tolerance, off


@pytest.mark.parametrize('name', [name for name in NETS if 'Backbone' not in name])
def test_own_networks_compute_in_channels_last(name):
    net = deployed(made(name))
    formats = []

    def note(_, given):
        formats.append(given[0].is_contiguous(memory_format=torch.channels_last))

    convs = [conv for conv in net.modules() if isinstance(conv, nn.Conv2d)]
    for conv in convs[1:]:  # the first one sees the image
        conv.register_forward_pre_hook(note)
    with torch.no_grad():
        outputs = net(torch.randn(2, 3, 65, 71))
    assert formats and all(formats) and all(output.is_contiguous() for output in outputs)


@pytest.mark.parametrize('name', NETS)
def test_the_features_stay(name):
    net = made(name).double()
    x = torch.randn(2, 3, 65, 71, dtype=torch.float64)
    with torch.no_grad():
        expected, twin = net(x), deployed(net)
        assert_close(twin(x), expected, 1e-10)
        last = x.contiguous(memory_format=torch.channels_last)
        assert_close(twin.to(memory_format=torch.channels_last)(last), expected, 1e-10)
        assert_close(twin.float()(x.float()), expected, 1e-5)
        twin.switch_to_deploy()  # once more changes nothing
        assert_close(twin(x.float()), expected, 1e-5)
    assert not any(p.requires_grad for p in twin.parameters())
    norms = {type(m) for m in twin.modules() if isinstance(m, nn.BatchNorm2d)}
    assert not norms or 'minus' in name


@pytest.mark.parametrize('name', NETS)
def test_a_deployed_checkpoint_loads_into_a_network_made_with_deploy(name):
    net = made(name)
    x = torch.randn(1, 3, 65, 71)
    twin = deployed(net)
    cfg = config(name.split(',')[0])
    fresh = MODELS.build(cfg | NETS[name] | dict(deploy=True))
    fresh.load_state_dict(twin.state_dict())
    with torch.no_grad():
        assert_close(fresh.eval()(x), twin(x), 1e-7)
        assert_close(pickle.loads(pickle.dumps(twin))(x), twin(x), 1e-7)


@pytest.mark.parametrize('name', NETS)
def test_weights_with_norms_are_refused_by_a_network_made_with_deploy(name, tmp_path):
    """Without the norms that they were trained with, they would give other features."""
    net = made(name)
    torch.save(net.state_dict(), tmp_path / 'trained.pth')
    fresh = MODELS.build(config(name.split(',')[0]) | NETS[name] | dict(deploy=True))
    with pytest.raises(
        InputError, match=r'has the form for inference, but .* \(.*\); leave deploy='
    ):
        fresh.load_state_dict(net.state_dict())
    with pytest.raises(InputError):
        load_pretrained(fresh, str(tmp_path / 'trained.pth'))
    model = nn.Sequential(fresh)
    with pytest.raises(InputError, match='has the form for inference'):
        load_state_dict(model, {f'0.{k}': v for k, v in net.state_dict().items()}, strict=False)


@pytest.mark.parametrize('name', ['ICResNet, bottlenecks', 'ICResNet, minus', 'SfNet'])
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast(name, dtype):
    if dtype == torch.float16 and TORCH < (2, 2):
        pytest.skip('torch < 2.2 has no fp16 autocast on the CPU')
    net = made(name)
    x, tolerance = torch.randn(1, 3, 64, 64), 0.1 if dtype == torch.bfloat16 else 0.02
    with torch.no_grad():
        expected, twin = net(x), deployed(net)
        with torch.autocast('cpu', dtype):
            found = twin(x)
        assert found[-1].dtype == dtype
        assert_close(found, expected, tolerance)


@pytest.mark.parametrize('name', ['ICResNet', 'ICResNet, minus', 'SfNet'])
def test_compiled_and_as_onnx(name, tmp_path):
    torch._dynamo.reset()
    # The exporter of torch 2.1 has no pool that rounds up with dynamic axes.
    twin = deployed(made(name, **(dict(ceil_mode=False) if name == 'SfNet' else {})))
    x = torch.randn(1, 3, 65, 71)
    with torch.no_grad():
        compiled = torch.compile(twin, backend='eager')
        assert_close(compiled(x), twin(x), 1e-5)
    export_onnx(twin, tmp_path / 'net.onnx', (64, 64))
    assert largest_difference(twin, tmp_path / 'net.onnx', (75, 98)) < 1e-4


@pytest.mark.parametrize('name', [name for name in NETS if 'minus' not in name])
def test_mmcvs_fusion_gives_the_same_features(name):
    net = made(name).double()
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        assert_close(fuse_conv_bn(copy.deepcopy(net))(x), net(x), 1e-10)


def test_mmcvs_fusion_of_ic_block_minus_is_a_sentence():
    with pytest.raises(RuntimeError, match='IC block⁻: its second norm has been folded away'):
        fuse_conv_bn(made('ICResNet, minus'))(torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize('norm_cfg', [dict(type='GN', num_groups=4), dict(type='BN', affine=False)])
def test_other_norms(norm_cfg):
    """GN depends on the image and stays; BN without weights is folded."""
    net = trained(build('ICResNet', norm_cfg=norm_cfg)) if norm_cfg['type'] == 'GN' else None
    net = net or build('ICResNet', norm_cfg=norm_cfg, zero_init_residual=False).eval()
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert_close(deployed(net)(x), net(x), 1e-5)
    stays = any(isinstance(m, nn.GroupNorm | nn.BatchNorm2d) for m in deployed(net).modules())
    assert stays == (norm_cfg['type'] == 'GN')


REPARAMETERISED = {
    'RepVGG': (dict(arch='A0', base_channels=8), r'stage_1.*branch_3x3.conv'),
    'MobileOne': (dict(arch='s0'), r'stage0.*branch_conv_list.0.conv'),
    'RepLKNet': (
        dict(
            arch=dict(
                large_kernel_sizes=[5, 5, 5, 5], layers=[1, 1, 1, 1], channels=[8, 8, 8, 8],
                small_kernel=3, dw_ratio=1,
            )
        ),
        r'stages\.0.*lkb_origin.conv',
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    'inner, whole', [('RepVGG', True), ('RepVGG', False), ('MobileOne', True), ('RepLKNet', False)]
)
def test_inner_backbones_that_merge_branches(inner, whole):
    """Branches with an IC layer stay; the others merge, whoever calls the method."""
    arguments, convs = REPARAMETERISED[inner]
    cfg = dict(type=f'mmpretrain.{inner}', out_indices=(0, 3), **arguments)
    net = trained(ICBackbone(cfg, dict(name=convs))).double()
    assert 0 < len(ic_layers(net))
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    twin = copy.deepcopy(net)
    with torch.no_grad():
        expected = net(x)
        if whole:
            twin.switch_to_deploy()
        for module in list(twin.backbone.modules()):  # as some tools do
            if hasattr(module, 'switch_to_deploy'):
                module.switch_to_deploy()
        assert_close(twin(x), expected, 1e-10)
    assert sum(1 for _ in twin.parameters()) < sum(1 for _ in net.parameters())


def test_norms_of_timm_with_an_activation_stay():
    from timm.layers import BatchNormAct2d

    from ic_backbones.ops.fold_norms import fold_norms

    net = trained(nn.Sequential(ICConv2d(3, 4, 3), BatchNormAct2d(4)))
    x = torch.randn(1, 3, 8, 8)
    expected = net(x)
    fold_norms(net)
    assert torch.equal(net(x), expected)


def test_norms_after_a_layer_whose_own_output_is_returned_stay():
    inner = dict(type='mmpretrain.TIMMBackbone', model_name='ghostnet_050', features_only=True)
    net = trained(MODELS.build(dict(type='AdaptedBackbone', backbone=inner)))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert_close(deployed(net)(x), net(x), 1e-4)


def test_frozen_layers_at_0_are_plain_convolutions():
    net = build('ICResNet', frozen_stages=1, alpha=0.0, alpha_mode='learned')
    live = [layer.effective_alpha() for layer in ic_layers(net).values()]
    assert live[:4] == [0.0] * 4 and all(isinstance(a, nn.Parameter) for a in live[4:])
    assert [layer.effective_alpha() for layer in ic_layers(deployed(net)).values()] == [0.0] * 16
    minus = build('ICResNet', variant='minus', alpha=0.0)
    plain = MODELS.build(dict(type='mmpretrain.ResNet', **NARROW))
    assert sum(p.requires_grad for p in minus.parameters()) == len(list(plain.parameters()))
