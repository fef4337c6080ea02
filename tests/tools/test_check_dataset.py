import shutil
from pathlib import Path

import pytest

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError


@pytest.fixture
def sample(tmp_path) -> Path:
    make_sample_voc(tmp_path / 'data', train=12, val=3, size=(96, 72))
    return tmp_path / 'data'


@pytest.fixture
def check(tool, capsys):
    """Run the tool and return its exit code and what it printed."""

    def run(*arguments):
        return tool('check_dataset').main([*map(str, arguments)]), capsys.readouterr().out

    return run


def test_folder(sample, check):
    code, out = check(sample)
    assert code == 0
    assert f'classes = {tuple(sorted(CLASSES))}' in out
    assert out.splitlines()[-1].startswith('0 errors')


def test_warnings_alone_exit_0(sample, check):
    with (sample / 'ImageSets/Main/train.txt').open('a') as file:
        file.write('train_0000\n')
    code, out = check(sample)
    assert code == 0
    assert 'WARNING: image listed more than once' in out


def test_errors_exit_1_and_are_named(sample, check):
    (sample / 'JPEGImages/train_0003.jpg').unlink()
    code, out = check(sample)
    assert code == 1
    assert 'ERROR: missing image' in out
    assert 'JPEGImages/train_0003.*' in out
    assert out.splitlines()[-1].startswith('2 errors,')  # in train.txt and in trainval.txt


def test_classes_of_a_folder(sample, check):
    code, out = check(sample, '--classes', 'disc,square,triangle')
    assert code == 1
    assert "'star' (" in out


def test_spaces_and_empty_names_among_the_classes(sample, check):
    code, out = check(sample, '--classes', 'disc, square,, triangle ,star,')
    assert code == 0
    assert f'classes = {CLASSES}' in out


def test_config(sample, check, tmp_path):
    dataset = {
        'type': 'ic_backbones.VOCStyleDataset',
        'data_root': str(sample),
        'ann_file': 'ImageSets/Main/train.txt',
        'metainfo': {'classes': CLASSES},
    }
    config = tmp_path / 'config.py'
    config.write_text(f"""
model = {{'bbox_head': {{'num_classes': 3}}}}
train_dataloader = {{'dataset': {dataset}}}
""")
    code, out = check(config)
    assert code == 1
    assert 'model.bbox_head.num_classes: is 3, but the data set has 4 classes' in out

    config.write_text('model = {}\n')
    with pytest.raises(InputError, match='config.py: has no data set in VOC layout; give'):
        check(config)


def test_a_file_that_is_not_a_config(check, tmp_path):
    for name, text in (('README.md', '# Read me'), ('syntax.py', 'model = dict(')):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=f'^{tmp_path / name}: the config cannot be read'):
            check(tmp_path / name)


def test_pictures(sample, check, tmp_path):
    code, out = check(sample, '--pictures', tmp_path / 'pictures')
    assert code == 0
    assert out.splitlines()[-1] == f'30 pictures written: {tmp_path / "pictures"}'
    assert len(list((tmp_path / 'pictures/train').glob('*.jpg'))) == 12


def test_pictures_replace_none_of_the_images(sample, check, tmp_path):
    images = shutil.copytree(sample / 'JPEGImages', tmp_path / 'own/train')
    before = {image: image.read_bytes() for image in images.iterdir()}
    for _ in range(2):  # a second time they replace those of the first time
        check(sample, '--pictures', tmp_path / 'own')
        assert {image: image.read_bytes() for image in before} == before
        assert len(list(images.iterdir())) == len(before) + 12


def test_name_of_a_config(check, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_sample_voc(tmp_path / 'data/sample_voc', train=2, val=2, size=(96, 72))
    code, out = check('faster_rcnn_ic_r18_sample')
    assert code == 0
    assert f'classes = {CLASSES}' in out


def test_neither_folder_nor_config(check):
    with pytest.raises(InputError, match='nowhere: neither a folder nor a config; '):
        check('nowhere')
