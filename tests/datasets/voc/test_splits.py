import pytest
from mmengine.config import Config

from ic_backbones.datasets.voc.splits import splits_of_config, splits_of_folder
from ic_backbones.errors import InputError

STYLE = 'ic_backbones.VOCStyleDataset'


def dataset(root, kind=STYLE, **options) -> dict:
    return {
        'type': kind,
        'data_root': str(root),
        'data_prefix': {'sub_data_root': ''},
        'ann_file': 'ImageSets/Main/train.txt',
        'metainfo': {'classes': ('cat', 'dog')},
        **options,
    }


def splits_of(*datasets: dict, wrapper='ConcatDataset'):
    wrapped = {'type': wrapper, 'datasets': list(datasets)}
    return splits_of_config(Config({'train_dataloader': {'dataset': wrapped}}))


@pytest.fixture
def root(write_voc):
    return write_voc({'a.jpg': [('cat', (2, 2, 20, 20))]}, {'train': 'a'})


def test_splits_of_mmdets_voc_config():
    text = "_base_ = 'mmdet::pascal_voc/faster-rcnn_r50_fpn_1x_voc0712.py'"
    splits = splits_of_config(Config.fromstring(text, '.py'))
    assert [(split.name, str(split.ids_file)) for split in splits] == [
        ('train 1 (VOC2007)', 'data/VOCdevkit/VOC2007/ImageSets/Main/trainval.txt'),
        ('train 2 (VOC2012)', 'data/VOCdevkit/VOC2012/ImageSets/Main/trainval.txt'),
        ('val, test', 'data/VOCdevkit/VOC2007/ImageSets/Main/test.txt'),
    ]
    assert all(len(split.classes) == 20 and split.shift == 1 for split in splits)


def test_wrappers_are_opened(root):
    repeated = {'type': 'RepeatDataset', 'times': 2, 'dataset': dataset(root)}
    assert [split.name for split in splits_of(repeated)] == ['train']
    with pytest.raises(InputError, match='train_dataloader.dataset: ConcatDataset has no datasets'):
        splits_of()


def test_a_split_file_is_read_once(root):
    (split,) = splits_of(dataset(root))
    (root / 'ImageSets/Main/train.txt').write_text(' b \n\n')
    assert split.ids == ['b'] and split.lines == [' b ', '']
    (root / 'ImageSets/Main/train.txt').unlink()
    assert split.ids == ['b'] and split.lines == [' b ', '']


@pytest.mark.parametrize('kind', ['VOCDataset', STYLE])
@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'metainfo': {'classes': ('cat')}}, r"classes=\('cat',\)\), with the comma"),
        ({'ann_file': ''}, 'is not a split file; name one, such as ImageSets/Main/train.txt'),
        ({'ann_file': 'ImageSets/Main'}, 'ImageSets/Main. is not a split file; name one'),
        ({'minus_two': True}, "'minus_two'; correct its arguments"),
    ],
)
def test_wrong_arguments(root, kind, options, words):
    with pytest.raises(InputError, match=f'train_dataloader.dataset: .*{words}'):
        splits_of(dataset(root, kind, **options))


def test_a_folder_in_place_of_a_split_file_is_named(root):
    (root / 'ImageSets/Main/val.txt').mkdir()
    train, val = splits_of_folder(root)
    assert train.ids == ['a']
    with pytest.raises(InputError, match='val.txt: is a folder instead of a file; give a text'):
        val.ids  # noqa: B018


def test_a_folder_in_another_layout_is_refused(tmp_path, root):
    with pytest.raises(InputError, match=r'nowhere/JPEGImages: there is no such folder; a data'):
        splits_of_folder(tmp_path / 'nowhere')
    for file in (root / 'ImageSets/Main').iterdir():
        file.unlink()
    with pytest.raises(InputError, match='there is no split file; write train.txt'):
        splits_of_folder(root)
