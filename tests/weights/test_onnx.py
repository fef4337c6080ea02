"""Every backbone of the project as ONNX: onnxruntime agrees with PyTorch at two sizes."""

import pytest
import tiny_backbones
import torch
from helpers import randomise_norms
from mmengine.config import Config
from mmengine.registry import DefaultScope
from tiny_backbones import REGISTERED, TINY

from ic_backbones import _requirements
from ic_backbones.errors import InputError
from ic_backbones.registry import MODELS
from ic_backbones.weights.onnx import export_onnx, largest_difference


def build(name):
    # The exporter of torch 2.1 has no pool that rounds up with dynamic axes.
    rounds_down = dict(ceil_mode=False) if 'ceil_mode' in TINY[name] else {}
    return tiny_backbones.build(name, **rounds_down).eval()


@pytest.mark.parametrize('name', REGISTERED)
def test_every_backbone(name, tmp_path):
    net = build(name)
    export_onnx(net, tmp_path / 'net.onnx', (64, 64))
    for size in ((64, 64), (98, 51)):
        assert largest_difference(net, tmp_path / 'net.onnx', size) < 1e-4


@pytest.mark.parametrize(
    'config',
    [
        dict(type='mmpretrain.ResNet', depth=18, base_channels=8, in_channels=1),
        dict(type='mmdet.ResNet', depth=18, base_channels=8, in_channels=1),
        # Its first convolution takes 12 channels, which are 4 pixels of 3 each.
        dict(type='mmdet.CSPDarknet', deepen_factor=0.17, widen_factor=0.125),
    ],
)
def test_plain_backbones_and_other_channels(config, tmp_path):
    net = MODELS.build(config)
    net.eval()  # returns None
    export_onnx(net, tmp_path / 'net.onnx', (64, 64))
    assert largest_difference(net, tmp_path / 'net.onnx', (74, 98)) < 1e-4


def test_equation_5(tmp_path):
    net = MODELS.build(dict(type='ICResNet', depth=18, base_channels=8, scalar=True)).eval()
    export_onnx(net, tmp_path / 'net.onnx', (64, 64))
    assert largest_difference(net, tmp_path / 'net.onnx', (74, 98)) < 1e-4


def test_nan_is_no_agreement(tmp_path):
    net = build('ICResNet')
    export_onnx(net, tmp_path / 'net.onnx', (64, 64))
    net.layer4[0].conv1.weight.data.fill_(float('nan'))  # the last of four maps
    assert not largest_difference(net, tmp_path / 'net.onnx', (64, 64)) < 1e-4


def test_deployed_sinet(tmp_path):
    torch.manual_seed(0)
    net = randomise_norms(MODELS.build(dict(type='SINet', width=0.4, units=(1, 2, 1, 1, 1))))
    net.switch_to_deploy()
    export_onnx(net, tmp_path / 'net.onnx', (64, 64))
    assert largest_difference(net, tmp_path / 'net.onnx', (75, 98)) < 1e-4


def test_padding_that_depends_on_the_size(tmp_path):
    net = MODELS.build(
        dict(
            type='ICBackbone',
            backbone=dict(type='mmpretrain.EfficientNet', arch='b0', out_indices=(3,)),
            pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.linear_conv\.conv'),
            alpha=1.0,
        )
    ).eval()
    export_onnx(net, tmp_path / 'net.onnx', (64, 64))
    assert largest_difference(net, tmp_path / 'net.onnx', (75, 98)) < 1e-4


@pytest.fixture
def config(classifier_config, tmp_path):
    """A classifier's config and a checkpoint of its backbone, under its prefix."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(Config.fromfile(classifier_config).model)
    torch.nn.init.constant_(model.backbone.conv1.weight, 0.01)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'net.pth')
    return [classifier_config, '--checkpoint', str(tmp_path / 'net.pth')]


def test_tool(config, tool, tmp_path, capsys):
    import onnx

    out = tmp_path / 'net.onnx'
    tool('export_onnx').main([*config, '--out', str(out), '--size', '64', '96'])
    printed = capsys.readouterr().out
    assert '64x96: onnxruntime within' in printed and '128x128: onnxruntime within' in printed
    graph = onnx.load(str(out)).graph
    first = next(tensor for tensor in graph.initializer if list(tensor.dims)[1:2] == [3])
    weights = onnx.numpy_helper.to_array(first)  # with the norm folded in: constant in a filter
    assert weights.std(axis=(1, 2, 3)).max() < 1e-6 < weights.max()
    assert [node.name for node in graph.input] == ['image']
    dims = graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_param or dim.dim_value for dim in dims] == ['N', 3, 'H', 'W']


def test_a_full_disk_leaves_the_earlier_file(tmp_path):
    file = tmp_path / 'net.onnx'
    file.write_text('earlier')
    (tmp_path / 'net.onnx.tmp').symlink_to('/dev/full')
    with pytest.raises(InputError, match='No space left on device.; free some space'):
        export_onnx(build('ICResNet'), file, (64, 64))
    assert file.read_text() == 'earlier'


def test_a_model_and_a_config_by_name(tool):
    backbone_of = tool('export_onnx').backbone_of
    named, *shipped = map(
        backbone_of,
        ('ic_resnet18_cifar10', 'cifar10/ic_resnet18_200e', 'configs/cifar10/ic_resnet18_200e'),
    )
    for net in shipped:
        assert named.state_dict().keys() == net.state_dict().keys()


@pytest.mark.parametrize(
    ('arguments', 'size', 'reason'),
    [
        (dict(num_classes=2), 32, 'an output is not a map'),  # as AlexNet, but small
        (dict(num_classes=2), 64, 'RuntimeError: .*'),
        (dict(), 8, 'RuntimeError: .*'),
    ],
)
def test_a_network_without_maps(tool, tmp_path, arguments, size, reason):
    config, out = tmp_path / 'lenet.py', tmp_path / 'lenet.onnx'
    config.write_text(f'model = dict(backbone=dict(type="LeNet5", **{arguments}))')
    sentence = (
        rf'lenet.py: its LeNet5 gives no maps for images of {size}x{size} pixels \({reason}\)'
    )
    with pytest.raises(InputError, match=f'{sentence}; choose another --size, or a network'):
        tool('export_onnx').main([str(config), '--out', str(out), '--size', *[str(size)] * 2])
    assert not out.exists()


def test_wrong_input(config, tool, tmp_path, monkeypatch):
    module = tool('export_onnx')
    (tmp_path / 'part.py').write_text('a = 1')
    with pytest.raises(InputError, match='part.py: has no model with a backbone'):
        module.main([str(tmp_path / 'part.py')])
    with pytest.raises(InputError, match='gone.py: no such config file'):
        module.main([str(tmp_path / 'gone.py')])
    with pytest.raises(InputError, match='cannot be written'):
        module.main([config[0], '--out', str(tmp_path)])  # a folder
    with pytest.raises(InputError, match='ic_resnet51: there is no such model'):
        module.main(['ic_resnet51'])
    monkeypatch.setattr(_requirements, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ic-backbones\[onnx\]'"):
        module.main(config)
