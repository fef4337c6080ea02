"""Models by name: what the index says of them is recomputed, and mmpretrain knows them."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import mmpretrain
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models.backbones import ResNet
from modelindex.load_model_index import load as load_model_index

import ic_backbones
from ic_backbones.complexity import count
from ic_backbones.errors import InputError
from ic_backbones_tools import list_models

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize('name', ic_backbones.list_models())
def test_what_the_index_says(name):
    info = ic_backbones.model_info(name)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = mmpretrain.get_model(name)
    assert count(model, (info['size'],) * 2) == (info['parameters'], info['macs'])
    net = ic_backbones.create(name, features_only=True)
    assert list(net.out_channels) == info['channels']
    assert list(net.out_strides) == info['strides']
    with torch.no_grad():
        sizes = [f.shape[2] for f in net(torch.zeros(1, 3, 64, 64))]
    assert sizes == [64 // stride for stride in info['strides']]


def test_mmpretrain_lists_them():
    assert set(ic_backbones.list_models()) <= set(mmpretrain.list_models())
    assert len(ic_backbones.list_models()) >= 29


def test_mim_can_read_the_index():
    """``mim search`` joins the values of a list as texts and takes any other value as it is."""
    index = load_model_index(str(Path(ic_backbones.__file__).parent / '.mim/model-index.yml'))
    values = [value for model in index.models for value in model.metadata.data.values()]
    assert len(values) >= 29 * 6
    assert not any(isinstance(value, list | tuple | dict) for value in values)


def test_a_classifier_from_a_plain_checkpoint(tmp_path):
    torch.manual_seed(0)
    plain = ResNet(18)
    plain.init_weights()
    torch.save(plain.state_dict(), tmp_path / 'plain.pth')
    model = ic_backbones.create(
        'ic_resnet18', checkpoint=str(tmp_path / 'plain.pth'), alpha=0.0, alpha_mode='learned'
    )
    assert not model.training and type(model).__name__ == 'ImageClassifier'
    plain.eval()  # returns None
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(model.backbone(x)[0], plain(x)[0])
    assert model(x).shape == (1, 1000)


def test_backbone_of_a_whole_models_checkpoint(tmp_path):
    model = ic_backbones.create('ic_resnet18_cifar10')
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'epoch_1.pth')
    net = ic_backbones.create(
        'ic_resnet18_cifar10', features_only=True, checkpoint=str(tmp_path / 'epoch_1.pth')
    )
    for name, value in model.backbone.state_dict().items():
        assert torch.equal(net.state_dict()[name], value), name


@pytest.mark.parametrize('of', ['a classifier', 'one of other classes', 'a backbone'])
def test_the_head_is_loaded_or_said_to_be_random(tmp_path, log, of):
    model = ic_backbones.create('ic_resnet18_cifar10')
    if of == 'one of other classes':
        model.head.fc = torch.nn.Linear(512, 3)
    state = (model.backbone if of == 'a backbone' else model).state_dict()
    torch.save(dict(state_dict=state), tmp_path / 'epoch_1.pth')
    again = ic_backbones.create('ic_resnet18_cifar10', checkpoint=str(tmp_path / 'epoch_1.pth'))
    assert torch.equal(again.backbone.conv1.weight, model.backbone.conv1.weight)
    if of == 'a classifier':
        for name, value in model.state_dict().items():
            assert torch.equal(again.state_dict()[name], value), name
    warning = 'epoch_1.pth: has no head that fits (fc.weight, fc.bias), so the head is random; '
    assert (warning in log.text) == (of != 'a classifier')


def test_registering_twice_changes_nothing():
    before = ic_backbones.list_models()
    ic_backbones.register_models()
    assert ic_backbones.list_models() == before


def test_arguments_reach_the_backbone_inside():
    net = ic_backbones.create(
        'ic_vgg16_cifar10', features_only=True, out_indices=(1,), frozen_stages=1, alpha=0.5
    )
    assert (net.out_channels, net.out_strides) == ((128,), (4,))
    assert net.backbone.frozen_stages == 1
    assert net.backbone.features[1].conv.alpha == 0.5


def test_a_model_that_a_teacher_trains_needs_none_here():
    assert type(ic_backbones.create('ic_efficientnet_b0')).__name__ == 'ImageClassifier'


def test_wrong_input(tmp_path):
    with pytest.raises(
        ValueError, match="ic_resnet51: there is no such model; did you mean 'ic_resnet50'"
    ):
        ic_backbones.create('ic_resnet51')
    with pytest.raises(InputError, match='gone.pth: there is no such checkpoint'):
        ic_backbones.create('ic_resnet18', checkpoint=str(tmp_path / 'gone.pth'))


def test_inference_takes_a_checkpoint_and_never_drawn_weights(tmp_path):
    name, image = 'ic_resnet18_cifar10', np.zeros((32, 32, 3), np.uint8)
    advice = f'{name}: .*no trained weights.*; train cifar10/ic_resnet18_200e, and give its checkp'
    with pytest.raises(InputError, match=advice):
        mmpretrain.inference_model(name, image)
    with pytest.raises(InputError, match=advice):
        mmpretrain.get_model(name, pretrained=True)
    model = ic_backbones.create(name)
    torch.nn.init.zeros_(model.head.fc.weight)
    model.head.fc.bias.data = torch.eye(10)[3]
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'best.pth')
    result = mmpretrain.inference_model(name, image, pretrained=str(tmp_path / 'best.pth'))
    assert (result['pred_label'], result['pred_class']) == (3, 'cat')


def test_the_index_names_the_task_of_every_model():
    found = mmpretrain.list_models(task='Image Classification')
    assert set(ic_backbones.list_models()) <= set(found)


def test_the_table_of_the_documentation():
    table = (ROOT / 'docs' / 'models.md').read_text().split('\n\n')[-1]
    assert table.strip() == list_models.table()


def test_configs_and_index_ship_with_the_package(tmp_path):
    """A wheel holds what the names need, not links to it."""
    command = [sys.executable, '-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation', '--quiet']
    source = tmp_path / 'source'  # a build leaves files behind
    kept = shutil.ignore_patterns('.venv*', '.git', 'data', 'work_dirs', 'my_*')
    shutil.copytree(ROOT, source, symlinks=True, ignore=kept)
    subprocess.run([*command, '--wheel-dir', str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob('*.whl')
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
    configs = {str(path.relative_to(ROOT)) for path in (ROOT / 'configs').rglob('*.py')}
    configs = {name for name in configs if '/my_' not in name}
    assert {f'ic_backbones/.mim/{name}' for name in configs} <= names
    assert {'ic_backbones/.mim/model-index.yml', 'ic_backbones/.mim/configs/metafile.yml'} <= names


def test_names_by_a_pattern(capsys):
    names = ic_backbones.list_models('ic_resnet*_cifar10')
    assert 'ic_resnet18_cifar10' in names and len(names) < len(ic_backbones.list_models())
    assert all(name.startswith('ic_resnet') and name.endswith('_cifar10') for name in names)
    list_models.main(['sinet*'])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith('| `')]
    assert rows and all(line.startswith('| `sinet') for line in rows)
    with pytest.raises(InputError, match='vgg99: matches no model'):
        list_models.main(['vgg99'])
