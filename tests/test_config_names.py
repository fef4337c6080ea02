"""A config of the package is found by its name, wherever one works."""

import os
from pathlib import Path

import pytest

import ic_backbones
from ic_backbones.config_file import read_config
from ic_backbones.errors import InputError

CONFIGS = Path(__file__).parents[1] / 'configs'


@pytest.mark.parametrize(
    'name, file',
    [
        ('faster_rcnn_ic_r50_voc', 'faster_rcnn_ic_r50_voc.py'),
        ('faster_rcnn_ic_r50_voc.py', 'faster_rcnn_ic_r50_voc.py'),
        ('configs/cifar10/ic_resnet18_200e.py', 'cifar10/ic_resnet18_200e.py'),
        ('imagenet/sinet_1.0_300e', 'imagenet/sinet_1.0_300e.py'),
    ],
)
def test_names(name, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert os.path.samefile(ic_backbones.config(name), CONFIGS / file)
    assert read_config(name).model == read_config(CONFIGS / file).model


def test_a_file_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'configs').mkdir()
    (tmp_path / 'configs/faster_rcnn_ic_r50_voc.py').write_text('model = dict(a=1)\n')
    assert read_config('configs/faster_rcnn_ic_r50_voc.py').model == dict(a=1)


def test_a_name_that_nothing_has():
    sentence = "faster_rcnn_ic_r50_vok: no such config file, .*; did you mean '.*_ic_r50_voc'?"
    with pytest.raises(InputError, match=sentence):
        ic_backbones.config('faster_rcnn_ic_r50_vok')
    with pytest.raises(InputError, match='no such config file, and no config of .*; see /'):
        ic_backbones.config('../1')


def test_a_name_as_the_base_of_a_config(tmp_path):
    """mmengine evaluates the text after ``_base_``, so it may ask for the path."""
    name = 'faster_rcnn_ic_r18_sample'
    (tmp_path / 'mine.py').write_text(
        f"_base_ = __import__('ic_backbones').config('{name}')\nmax_epochs = 3\n"
        'model = dict(backbone=dict(alpha=0.5))\n'
    )
    cfg, base = read_config(tmp_path / 'mine.py'), read_config(name)
    assert cfg.model.backbone.alpha == 0.5 and cfg.model.neck == base.model.neck
    assert read_config(tmp_path / 'mine.py', dict(max_epochs=4)).train_cfg.max_epochs == 4


def test_a_circle_of_json_files(tmp_path):
    (tmp_path / 'one.json').write_text('{"_base_": "two.json"}')
    (tmp_path / 'two.json').write_text('{"_base_": ["./one.json"]}')
    with pytest.raises(InputError, match=r'inherits from itself \(one.json -> two.json -> one'):
        read_config(tmp_path / 'one.json')
