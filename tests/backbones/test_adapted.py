"""AdaptedBackbone: strides, published shapes, freezing and weights of the inner backbone."""

import pytest
import torch
from mmengine.runner.checkpoint import load_state_dict
from mmpretrain.models.backbones import VGG
from mmpretrain.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from tiny_backbones import config
from torch import nn

from ic_backbones.backbones import AdaptedBackbone, outputs
from ic_backbones.errors import InputError

RESNET = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)


def test_layers_by_name_lose_their_stride():
    net = AdaptedBackbone(
        dict(RESNET, out_indices=(0, 3)),
        unstrided=r'conv1|maxpool|layer2\.0\.(conv1|downsample\.0)',
    )
    assert (net.out_channels, net.out_strides) == ((8, 64), (1, 4))
    sizes = [feature.shape[-1] for feature in net(torch.zeros(1, 3, 32, 32))]
    assert sizes == [32, 8]


def test_depthwise_convolutions_of_pairs_lose_their_stride():
    mobilenet = config('ICBackbone', out_indices=(1,))
    net = AdaptedBackbone(mobilenet, unstrided=r'blocks\.1\.0\.depthwise_conv\.conv')
    assert net.out_strides == (2,) and net(torch.zeros(1, 3, 32, 32))[0].shape[-1] == 16


def test_inner_freezing_and_norm_eval_keep_working():
    net = AdaptedBackbone(dict(RESNET, frozen_stages=1, norm_eval=True)).train()
    assert not net.backbone.layer1[0].conv1.weight.requires_grad
    assert net.backbone.layer2[0].conv1.weight.requires_grad
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms and not any(norm.training for norm in norms)


def test_inner_weights_load_by_name_and_never_silently(tmp_path):
    torch.manual_seed(0)
    file = str(tmp_path / 'plain.pth')
    plain = AdaptedBackbone(RESNET).backbone
    torch.save(dict(state_dict={f'backbone.{k}': v for k, v in plain.state_dict().items()}), file)
    pretrained = dict(type='Pretrained', checkpoint=file, prefix='backbone.')
    net = AdaptedBackbone(dict(RESNET, init_cfg=pretrained))
    net.init_weights()
    for name, value in plain.state_dict().items():
        assert torch.equal(net.backbone.state_dict()[name], value), name
    with pytest.raises(InputError, match="the likely prefix, 'backbone.'"):
        AdaptedBackbone(
            dict(RESNET, init_cfg=dict(type='Pretrained', checkpoint=file))
        ).init_weights()


def test_inner_backbones_own_way_of_loading_is_kept(tmp_path):
    """SfNet takes VGG's biases into its statistics and forgets those of composed layers."""
    torch.manual_seed(0)
    vgg = VGG(11, norm_cfg=dict(type='BN'))
    for tensor in vgg.state_dict().values():
        if tensor.is_floating_point():
            tensor.normal_()
    torch.save(vgg.state_dict(), tmp_path / 'vgg.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'vgg.pth'))
    sfnet = dict(type='ic_backbones.SfNet', depth=11, init_cfg=init)
    own, net = MODELS.build(sfnet), AdaptedBackbone(sfnet)
    own.init_weights()
    net.init_weights()
    first = net.backbone.features[0]
    assert torch.equal(
        first.bn.running_mean, vgg.features[0].bn.running_mean - vgg.features[0].conv.bias
    )
    assert (net.backbone.features[-2].bn.running_mean == 0).all()
    assert all(
        torch.equal(net.state_dict()[name], value)
        for name, value in own.state_dict().items()
        if '.bn.' in name
    )


def test_a_wrapper_in_a_wrapper_loads_for_both(tmp_path):
    """W' that a checkpoint holds is not drawn again, and a plain weight is cut into groups."""
    torch.manual_seed(0)
    ic = dict(type='ic_backbones.ICBackbone', convs=dict(name=r'layer1.*'))
    trained = MODELS.build(dict(ic, backbone=RESNET))
    torch.save(trained.state_dict(), tmp_path / 'ic.pth')
    inner = dict(RESNET, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'ic.pth')))
    grouped = dict(type='ic_backbones.SIBackbone', convs=r'layer4\.1\..*', backbone=inner)
    net = MODELS.build(dict(ic, backbone=grouped))
    net.init_weights()
    for name, value in trained.state_dict().items():
        if 'layer4.1.conv' not in name:
            assert torch.equal(net.state_dict()[name], value), name
    full = trained.backbone.layer4[1].conv1.weight
    half = net.inner.layer4[1].conv1.weight
    assert torch.equal(half, torch.cat([full[:32, :32], full[32:, 32:]]))


class Coarse(nn.Sequential):
    """Of stride 64, without padding."""

    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 3, 8), nn.Conv2d(4, 6, 3, 8))


def test_published_strides_are_exact(monkeypatch):
    monkeypatch.setitem(MODELS._module_dict, 'Coarse', Coarse)
    net = AdaptedBackbone(dict(type='mmpretrain.Coarse'))
    assert (net.out_channels, net.out_strides) == ((6,), (64,))


def test_a_backbone_whose_outputs_are_unknown_is_named(monkeypatch):
    said = []
    monkeypatch.setattr(outputs, 'print_log', lambda sentence, **_: said.append(sentence))
    monkeypatch.setitem(MODELS._module_dict, 'Dense', nn.Linear)
    net = AdaptedBackbone(dict(type='mmpretrain.Dense', in_features=3, out_features=3))
    assert net.out_channels is None and net.out_strides is None
    assert len(said) == 1
    assert said[0].startswith('Linear: the channels and strides of its outputs are unknown')


def test_one_input_channel():
    net = AdaptedBackbone(dict(RESNET, in_channels=1))
    assert net.out_channels == (64,) and net(torch.zeros(1, 1, 64, 64))[0].shape[1] == 64


def test_names_are_those_of_the_inner_backbone():
    plain = MODELS.build(RESNET)
    torch.manual_seed(1)
    twice = AdaptedBackbone(dict(type='ic_backbones.AdaptedBackbone', backbone=RESNET))
    model = nn.ModuleDict(dict(net=twice))
    assert list(twice.state_dict()) == list(plain.state_dict())
    twice.load_state_dict(plain.state_dict())
    assert torch.equal(twice.backbone.backbone.conv1.weight, plain.conv1.weight)
    state = {f'net.{name}': value + 1 for name, value in plain.state_dict().items()}
    assert list(model.state_dict()) == list(state)
    load_state_dict(model, state, strict=True)  # mmengine's
    assert torch.equal(twice.backbone.backbone.conv1.weight, plain.conv1.weight + 1)


def test_layer_wise_learning_rates_reach_the_inner_backbone():
    """Through two wrappers, with the same depths as the plain network's."""
    resnet = dict(type='mmpretrain.ResNet', depth=50, stem_channels=8, base_channels=8)
    wrapped = dict(type='ic_backbones.ICBackbone', convs=dict(kernel_size=3), backbone=resnet)
    depths = [
        depths_of(
            dict(type='ImageClassifier', backbone=backbone, head=dict(type='LinearClsHead', **HEAD))
        )
        for backbone in (
            resnet,
            dict(type='ic_backbones.AdaptedBackbone', backbone=wrapped),
            dict(resnet, type='ic_backbones.ICResNet', out_indices=(3,)),
        )
    ]
    assert set(depths[0].values()) == set(range(8))
    for found in depths[1:]:
        assert {name: found[name] for name in depths[0]} == depths[0]
        assert found['layer3.1.conv2.w_prime'] == depths[0]['layer3.1.conv2.weight']


HEAD = dict(num_classes=2, in_channels=256)


def depths_of(model):
    """The depth of each parameter, by its name in the plain network."""
    constructor = dict(
        type='mmpretrain.LearningRateDecayOptimWrapperConstructor',
        optim_wrapper_cfg=dict(optimizer=dict(type='SGD', lr=0.1, weight_decay=0.1)),
        paramwise_cfg=dict(layer_decay_rate=0.5),
    )
    wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(MODELS.build(model))
    groups = wrapper.optimizer.param_groups
    assert all(group['lr'] == 0.1 * 0.5 ** (7 - group['layer_id']) for group in groups)
    return {group['param_name'].replace('backbone.', ''): group['layer_id'] for group in groups}


def test_layer_wise_learning_rates_of_stages():
    sinet = MODELS.build(dict(type='SINet', width=0.4, units=(1, 1, 1, 1, 1)))
    sfnet = MODELS.build(dict(type='SfNet', depth=11, base_channels=8))
    resnet = MODELS.build(dict(type='ICResNet', depth=18, stem_channels=8, out_indices=(1,)))
    for net, names in (
        (sinet, {'stem.conv.conv.weight': 0, 'blocks.4.0.conv.0.conv.weight': 5}),
        (sfnet, {'features.0.conv.weight': 1, 'features.2.conv.weight': 2}),
        (resnet, {'conv1.weight': 0, 'layer2.0.conv1.weight': 2}),
    ):
        last = 5 if net is resnet else 6
        for name, depth in names.items():
            net.get_parameter(name)
            assert net.get_layer_depth(f'backbone.{name}', 'backbone.') == (depth, last + 1)
        assert net.get_layer_depth('head.fc.weight', 'backbone.') == (last, last + 1)


def test_an_inner_backbone_without_depths_is_named(monkeypatch):
    monkeypatch.setitem(MODELS._module_dict, 'Coarse', Coarse)
    net = AdaptedBackbone(dict(type='mmpretrain.Coarse'))
    with pytest.raises(NotImplementedError, match='Coarse: has no get_layer_depth'):
        net.get_layer_depth('backbone.backbone.0.weight', 'backbone.')


@pytest.mark.parametrize(
    'arguments, words',
    [
        (
            dict(unstrided='conv9'),
            "unstrided: 'conv9' matches no layer with a stride in ResNet; .* conv1, maxpool",
        ),
        (
            dict(unstrided='layer1.0.conv1'),  # its stride is 1
            "conv1' matches no layer with a stride in ResNet; .* are conv1, maxpool",
        ),
        (
            dict(unstrided=r'layer2\.0'),
            'matches no layer with a stride in ResNet',
        ),  # a block has no stride to set
        (dict(init_cfg=dict(type='Pretrained')), 'has no init_cfg of its own'),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        AdaptedBackbone(RESNET, **arguments)
