from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
from mmengine.config import Config

from ic_backbones.datasets.voc.splits import splits_of_config
from ic_backbones.doctor import check_quick
from ic_backbones.errors import InputError


@pytest.mark.parametrize(
    'base',
    [
        'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py',
        'mmpretrain::resnet/resnet18_8xb16_cifar10.py',
    ],
)
def test_other_data_sets_are_left_alone(base):
    cfg = Config.fromstring(f"_base_ = '{base}'", '.py')
    assert splits_of_config(cfg) == []
    check_quick(cfg)


def test_a_healthy_config_passes(healthy, voc_config):
    check_quick(voc_config(healthy))
    wrapped = voc_config(healthy)
    wrapped.train_dataloader.dataset = {
        'type': 'RepeatDataset',
        'times': 2,
        'dataset': {'type': 'ConcatDataset', 'datasets': [wrapped.train_dataloader.dataset]},
    }
    check_quick(wrapped)


def test_one_misspelt_class_is_a_warning(healthy, voc_config, capsys):
    def check(*classes):
        cfg = voc_config(healthy, num_classes=len(classes))
        for loader in (cfg.train_dataloader, cfg.val_dataloader):
            loader.dataset.metainfo = dict(classes=classes)
        check_quick(cfg)

    check('cat')  # an intended subset
    assert capsys.readouterr().err == ''
    check('cat', 'dogg')
    assert "have no 'dogg', and objects of 'dog' are left out" in capsys.readouterr().err


def test_the_data_must_be_there(tmp_path, voc_config, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = (
        'python tools/make_sample_voc.py && '
        'python tools/train.py configs/faster_rcnn_ic_r18_sample.py'
    )
    with pytest.raises(InputError, match=rf'VOC2007: not found; put the data .*`{command}`'):
        check_quick(voc_config(tmp_path / 'VOC2007', kind='VOCDataset'))
    with pytest.raises(InputError, match=r'not found; draw .*`python tools/make_sample_voc.py`'):
        check_quick(voc_config(Path('data/sample_voc')))
    command = f'python tools/make_sample_voc.py --out {tmp_path}/sample_voc'
    with pytest.raises(InputError, match=f'`{command}`'):
        check_quick(voc_config(tmp_path / 'sample_voc'))


def test_of_two_images_with_one_id_mmdet_reads_the_jpg(healthy, voc_config):
    (healthy / 'JPEGImages/a.bmp').write_bytes((healthy / 'JPEGImages/a.jpg').read_bytes())
    check_quick(voc_config(healthy, kind='VOCDataset'), ['train'])


@pytest.mark.parametrize('text', ['', 'Unspecified'])
def test_mmdets_data_sets_need_a_number_in_difficult(healthy, voc_config, text):
    file = healthy / 'Annotations/a.xml'
    file.write_text(file.read_text().replace('<difficult>0<', f'<difficult>{text}<'))
    check_quick(voc_config(healthy), ['train'])
    with pytest.raises(InputError, match=r'a\.xml: <.*difficult>.*; add or correct it'):
        check_quick(voc_config(healthy, kind='VOCDataset'), ['train'])


def test_windows_line_endings_and_blank_lines(healthy, voc_config):
    train = healthy / 'ImageSets/Main/train.txt'
    train.write_bytes(b'a\r\n')
    check_quick(voc_config(healthy, kind='VOCDataset'), ['train'])
    train.write_bytes(b'\r\na\r\n\r\n')
    check_quick(voc_config(healthy))
    with pytest.raises(InputError, match=r'train.txt: VOCDataset takes blanks .*VOCStyleDataset'):
        check_quick(voc_config(healthy, kind='VOCDataset'), ['train'])


def test_the_first_fault_is_named(healthy, voc_config):
    with pytest.raises(InputError, match=r"bbox_head.num_classes: is 20, but .* 2 classes \('cat'"):
        check_quick(voc_config(healthy, num_classes=20))
    with pytest.raises(InputError, match=r'train_dataloader.dataset: has no classes; set metainfo'):
        check_quick(voc_config(healthy, metainfo={}))

    renamed = voc_config(healthy, metainfo={'classes': ('Cat', 'Dog')})
    with pytest.raises(InputError, match=r"of 'Cat', 'Dog', because the annotations say 'cat'"):
        check_quick(renamed, ['train'])
    with pytest.raises(
        InputError, match=r"has 'cat', 'dog', and another split 'Cat', .* \(2 more;"
    ):
        check_quick(renamed)
    check_quick(voc_config(healthy, metainfo={'classes': ('cat', 'bird')}), ['train'])

    (healthy / 'Annotations/a.xml').unlink()
    with pytest.raises(InputError, match=r'Annotations/a.xml: there is no such file; add or'):
        check_quick(voc_config(healthy))
    (healthy / 'ImageSets/Main/train.txt').write_text('\n')
    with pytest.raises(InputError, match=r'train.txt: lists no image; write one image id'):
        check_quick(voc_config(healthy))
    check_quick(voc_config(healthy), loaders=['test'])


def test_what_a_data_set_leaves_out_does_not_stop_it(healthy, voc_config):
    (healthy / 'JPEGImages/c.jpg').touch()
    (healthy / 'Annotations/c.xml').touch()
    (healthy / 'ImageSets/Main/train.txt').write_text('a\nc\nd\n')
    check_quick(voc_config(healthy, skip_broken=True))
    with pytest.raises(InputError, match=r'd.\*: there is no image with .* \(3 more; tools'):
        check_quick(voc_config(healthy), ['train'])


def test_the_limit_of_pixels_is_the_data_sets(healthy, voc_config):
    with pytest.raises(InputError, match='a.jpg: has 40x30 pixels, more than max_pixels=1199'):
        check_quick(voc_config(healthy, max_pixels=1199), ['train'])


DATASET = 'train_dataloader.dataset.'


@pytest.mark.parametrize(
    ('key', 'value', 'words'),
    [
        (f'{DATASET}data_root', 5, 'AssertionError'),
        (f'{DATASET}data_root', 'x' * 5000, 'File name too long'),
        (f'{DATASET}data_root', 'nowhere', 'nowhere: not found; put the data'),
        (f'{DATASET}ann_file', 5, 'not int; correct its arguments'),
        (f'{DATASET}ann_file', 'x' * 5000, 'File name too long'),
        (f'{DATASET}metainfo', 5, 'metainfo should be'),
        (f'{DATASET}metainfo', {'classes': 5}, "'int' object is not iterable"),
        (f'{DATASET}metainfo', {'classes': ['a', 5]}, 'not all names; put them in quotes'),
        (f'{DATASET}metainfo', {'classes': ['a', 'b', 'a']}, "have 'a' twice; list it once"),
        (f'{DATASET}data_prefix', None, "no attribute 'items'; correct its arguments"),
        (f'{DATASET}data_prefix', {'sub_data_root': 5}, 'prefix should be a string'),
        (f'{DATASET}img_subdir', 5, 'unsupported operand'),
        (f'{DATASET}ann_subdir', None, 'unsupported operand'),
        (f'{DATASET}minus_one', 'x', "invalid literal for int.*: 'x'"),
        (f'{DATASET}max_pixels', 'x', "dataset: max_pixels='x': is not a number of pixels"),
        (f'{DATASET}max_pixels', 0, 'dataset: max_pixels=0: is not a number of pixels'),
        (f'{DATASET}skip_broken', 'x', "dataset: skip_broken='x': is not a bool"),
        ('model.roi_head.bbox_head.num_classes', 'x', 'num_classes: is x, but'),
    ],
)
def test_a_wrong_value_is_named(healthy, voc_config, key, value, words):
    cfg = voc_config(healthy)
    *path, last = key.split('.')
    reduce(getitem, path, cfg)[last] = value
    with pytest.raises(InputError, match=words) as stopped:
        check_quick(cfg)
    assert len(str(stopped.value)) < 6000 and ';' in str(stopped.value)


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('train_dataloader', 5),
        ('train_dataloader', 'x'),
        ('train_dataloader.dataset', 5),
        ('train_dataloader.dataset.type', 5),
        ('train_dataloader.dataset.pipeline', 5),
        ('train_dataloader.dataset.pipeline', [5]),
        ('model', 'x'),
        ('model.roi_head', 5),
        ('model.roi_head', [1]),
        ('model.roi_head.bbox_head', 5),
        ('model.roi_head.bbox_head', [5]),
    ],
)
def test_what_does_not_belong_to_the_data_is_left_to_the_runner(healthy, voc_config, key, value):
    cfg = voc_config(healthy)
    *path, last = key.split('.')
    reduce(getitem, path, cfg)[last] = value
    check_quick(cfg)
