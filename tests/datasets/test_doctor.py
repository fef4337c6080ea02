from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config, ConfigDict

from ic_backbones.datasets.doctor import check_heads, check_quick, diagnose
from ic_backbones.datasets.doctor_report import render
from ic_backbones.datasets.sample_voc import CLASSES, make_sample_voc
from ic_backbones.datasets.voc_splits import splits_of_config, splits_of_folder
from ic_backbones.errors import InputError

BOX = (2, 2, 20, 20)


def problems(root: Path, classes=('cat', 'dog')) -> list[tuple]:
    """Severity, beginning of the topic, file below the folder, message."""
    found = diagnose(splits_of_folder(root, classes)).problems
    return [
        (
            item.severity,
            item.topic.split(':')[0],
            str(Path(item.file).relative_to(root)),
            item.message,
        )
        for item in found
    ]


@pytest.fixture
def healthy(write_voc) -> Path:
    """One image to train on and one to measure on; what differs is the grey, so not the same."""
    root = write_voc(
        {
            'a.jpg': [('cat', BOX), ('dog', BOX[:3] + (30,))],
            'b.png': [('cat', BOX), ('dog', (0, 0, 40, 30))],
        },
        {'train': 'a', 'val': 'b'},
    )
    cv2.imwrite(str(root / 'JPEGImages/b.png'), np.full((30, 40, 3), 10, np.uint8))
    return root


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_healthy_set_has_no_problems(healthy, tmp_path):
    assert problems(healthy) == []
    make_sample_voc(tmp_path / 'sample', train=3, val=2, size=(96, 72))
    found = problems(tmp_path / 'sample', CLASSES)
    assert {topic for _, topic, *_ in found} <= {'class without an object in a split'}


def test_missing_and_broken_files(healthy):
    (healthy / 'JPEGImages/a.jpg').unlink()
    (healthy / 'Annotations/a.xml').unlink()
    (healthy / 'JPEGImages/b.png').write_bytes(b'no image')
    (healthy / 'Annotations/b.xml').write_text('<annotation>')
    assert [problem[:3] for problem in problems(healthy)] == [
        ('warning', 'class without an object in a split', 'ImageSets/Main/train.txt'),
        ('error', 'missing image', 'JPEGImages/a.*'),
        ('error', 'missing or broken annotation', 'Annotations/a.xml'),
        ('warning', 'class without an object in a split', 'ImageSets/Main/val.txt'),
        ('error', 'image that cannot be decoded', 'JPEGImages/b.png'),
        ('error', 'missing or broken annotation', 'Annotations/b.xml'),
    ]


@pytest.mark.parametrize(
    ('old', 'new', 'expected'),
    [
        (
            '<name>cat</name>',
            '<name>Cat</name>',
            [
                (
                    'warning',
                    'class without an object in a split',
                    'ImageSets/Main/train.txt',
                    'cat',
                ),
                (
                    'error',
                    'class that is not among the classes',
                    'Annotations/a.xml',
                    'Cat (2, 2, 20, 20)',
                ),
            ],
        ),
        (
            '<ymax>20</ymax>',
            '<ymax>2</ymax>',
            [('warning', 'box without an area', 'Annotations/a.xml', 'cat (2, 2, 20, 2)')],
        ),
        (
            '<ymax>20</ymax>',
            '<ymax>30.5</ymax>',
            [
                (
                    'warning',
                    'box reaches out of the image',
                    'Annotations/a.xml',
                    'cat (2, 2, 20, 30.5), image 40x30',
                )
            ],
        ),
        (
            '<xmin>2</xmin><ymin>2</ymin><xmax>20</xmax><ymax>20</ymax>',
            '<xmin>40</xmin><ymin>2</ymin><xmax>50</xmax><ymax>20</ymax>',
            [('error', 'box outside of the image', 'Annotations/a.xml', 'cat (40, 2, 50, 20)')],
        ),
        (
            '<ymax>30</ymax>',
            '<ymax>20</ymax>',
            [('warning', 'the same box twice', 'Annotations/a.xml', 'cat, dog (2, 2, 20, 20)')],
        ),
        (
            '<width>40</width><height>30</height>',
            '<width>30</width><height>40</height>',
            [
                (
                    'warning',
                    'image size in the annotation differs from the image',
                    'Annotations/a.xml',
                    'says 30x40, the image is 40x30',
                )
            ],
        ),
        (
            '<xmin>2</xmin>',
            '',
            [
                (
                    'warning',
                    'class without an object in a split',
                    'ImageSets/Main/train.txt',
                    'cat, dog',
                ),
                (
                    'error',
                    'missing or broken annotation',
                    'Annotations/a.xml',
                    '<object> without <bndbox/xmin>',
                ),
            ],
        ),
    ],
)
def test_faults_of_an_annotation(healthy, old, new, expected):
    replace(healthy / 'Annotations/a.xml', old, new)
    assert problems(healthy) == expected


def test_faults_of_splits(healthy):
    (healthy / 'ImageSets/Main/train.txt').write_text('')
    (healthy / 'ImageSets/Main/test.txt').write_text('b\nb\n')
    assert problems(healthy) == [
        ('error', 'empty split', 'ImageSets/Main/train.txt', 'lists no image'),
        ('warning', 'image listed more than once', 'ImageSets/Main/test.txt', 'b, 2 times'),
    ]


def test_the_same_image_to_train_and_to_measure_on(healthy):
    """Found by content; trainval may hold val, but not test."""
    main = healthy / 'ImageSets/Main'
    (main / 'trainval.txt').write_text('a\nb\n')
    assert problems(healthy) == []
    (healthy / 'JPEGImages/c.jpg').write_bytes((healthy / 'JPEGImages/a.jpg').read_bytes())
    (healthy / 'Annotations/c.xml').write_text((healthy / 'Annotations/a.xml').read_text())
    (main / 'test.txt').write_text('c\n')
    image = healthy / 'JPEGImages/a.jpg'
    assert problems(healthy) == [
        ('warning', f'image of test that is in {name} too', 'JPEGImages/c.jpg', f'is {image}')
        for name in ('train', 'trainval')
    ]


def test_a_folder_in_another_layout_is_refused(tmp_path, healthy):
    with pytest.raises(InputError, match=r'nowhere/JPEGImages is not there'):
        splits_of_folder(tmp_path / 'nowhere')
    for file in (healthy / 'ImageSets/Main').iterdir():
        file.unlink()
    with pytest.raises(InputError, match='has no split file: write train.txt'):
        splits_of_folder(healthy)


def test_tables(healthy):
    replace(healthy / 'Annotations/a.xml', '<ymax>20</ymax>', '<ymax>2</ymax>')
    replace(healthy / 'Annotations/b.xml', '<difficult>0', '<difficult>1')
    splits = splits_of_folder(healthy)
    lines = [' '.join(line.split()) for line in render(diagnose(splits), splits).splitlines()]
    for line in (
        'objects (in images) train val',
        'cat 1 (1) 1 (1)',
        'all 2 (1) 2 (1)',
        'images 1 1',
        'no area (VOCStyleDataset, FilterAnnotations) 1 on 0 on',
        # both of train; of val one is 18 pixels wide, the other 30 pixels high
        'under 32 pixels (bbox_min_size=32 in filter_cfg) 2 off 2 off',
        'marked difficult 0 on 2 on',
        "classes = ('cat', 'dog')",
        'WARNING: box without an area: it is dropped',
        f'{healthy}/Annotations/a.xml: cat (2, 2, 20, 2)',
        '0 errors, 1 warning',
    ):
        assert line in lines


def test_a_long_list_is_cut(write_voc):
    root = write_voc(
        {f'{i}.jpg': [('cat', BOX)] for i in range(12)},
        {'train': ' '.join(map(str, range(12)))},
    )
    splits = splits_of_folder(root, ['dog'])
    diagnosis = diagnose(splits)
    assert '  and 2 more (--all names them)' in render(diagnosis, splits).splitlines()
    assert render(diagnosis, splits, limit=0).count('cat (2, 2, 20, 20)') == 12


# Configs


def config(root: Path, kind='ic_backbones.VOCStyleDataset', num_classes=2, **train) -> Config:
    def loader(split, **options):
        return {
            'dataset': {
                'type': kind,
                'data_root': str(root),
                'data_prefix': {'sub_data_root': ''},
                'ann_file': f'ImageSets/Main/{split}.txt',
                'metainfo': {'classes': ('cat', 'dog')},
                **options,
            }
        }

    return Config(
        {
            'model': {'roi_head': {'bbox_head': {'num_classes': num_classes}}},
            'train_dataloader': loader('train', **train),
            'val_dataloader': loader('val', test_mode=True),
            'test_dataloader': loader('val', test_mode=True),
        }
    )


def test_splits_of_mmdets_voc_config():
    text = "_base_ = 'mmdet::pascal_voc/faster-rcnn_r50_fpn_1x_voc0712.py'"
    splits = splits_of_config(Config.fromstring(text, '.py'))
    assert [(split.name, str(split.ids_file)) for split in splits] == [
        ('train 1 (VOC2007)', 'data/VOCdevkit/VOC2007/ImageSets/Main/trainval.txt'),
        ('train 2 (VOC2012)', 'data/VOCdevkit/VOC2012/ImageSets/Main/trainval.txt'),
        ('val, test', 'data/VOCdevkit/VOC2007/ImageSets/Main/test.txt'),
    ]
    assert all(len(split.classes) == 20 and split.shift == 1 for split in splits)


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


@pytest.mark.parametrize(
    ('options', 'severity'),
    [
        ({}, 'error'),
        ({'filter_cfg': {'bbox_min_size': 2}}, 'warning'),
        ({'pipeline': [{'type': 'FilterAnnotations', 'min_gt_bbox_wh': (0, 0)}]}, 'warning'),
    ],
)
def test_mmdets_reader_and_a_box_without_an_area(healthy, options, severity):
    """It cuts fractions off: from 10.2 to 10.9 there is nothing left. And it takes .jpg only."""
    replace(healthy / 'Annotations/a.xml', '<xmin>2</xmin>', '<xmin>10.2</xmin>')
    replace(healthy / 'Annotations/a.xml', '<xmax>20</xmax>', '<xmax>10.9</xmax>')
    cfg = config(healthy, kind='VOCDataset', **options)
    found = diagnose(splits_of_config(cfg), cfg.model).problems
    assert [
        (item.severity, item.topic.split(':')[0], item.file[len(str(healthy)) + 1 :])
        for item in found
    ] == [
        (severity, 'box without an area', 'Annotations/a.xml'),
        (severity, 'box without an area', 'Annotations/a.xml'),
        ('error', 'VOCDataset reads .jpg only', 'JPEGImages/b.png'),
        ('warning', 'box reaches out of the image', 'Annotations/b.xml'),
    ]


def test_heads():
    def found(model):
        return [
            (item.file, item.message) for item in check_heads(ConfigDict(model), ('cat', 'dog'))
        ]

    message = 'is {}, but the data set has 2 classes: cat, dog'
    assert found({'roi_head': {'bbox_head': {'num_classes': 2}}}) == []
    assert found({'roi_head': {'bbox_head': {'type': 'BBoxHead'}}}) == [
        ('model.roi_head.bbox_head.num_classes', message.format(80))
    ]
    assert found({'roi_head': {'bbox_head': [{'num_classes': 2}, {'num_classes': 20}]}}) == [
        ('model.roi_head.bbox_head.1.num_classes', message.format(20))
    ]
    assert found({'bbox_head': {'num_classes': 3}}) == [
        ('model.bbox_head.num_classes', message.format(3))
    ]


def test_quick_check_passes_a_healthy_config(healthy):
    check_quick(config(healthy))
    wrapped = config(healthy)
    wrapped.train_dataloader.dataset = {
        'type': 'RepeatDataset',
        'times': 2,
        'dataset': {'type': 'ConcatDataset', 'datasets': [wrapped.train_dataloader.dataset]},
    }
    check_quick(wrapped)
    assert [split.name for split in splits_of_config(wrapped)] == ['train', 'val, test']


def test_quick_check_warns_of_one_misspelt_class(healthy, capsys):
    def check(*classes):
        cfg = config(healthy, num_classes=len(classes))
        for loader in (cfg.train_dataloader, cfg.val_dataloader):
            loader.dataset.metainfo = dict(classes=classes)
        check_quick(cfg)

    check('cat')  # a subset that is meant
    assert capsys.readouterr().err == ''
    check('cat', 'dogg')
    assert 'have no dogg, and objects of dog are left out' in capsys.readouterr().err


def test_quick_check_wants_the_data_to_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = (
        'python tools/make_sample_voc.py && '
        'python tools/train.py configs/faster_rcnn_ic_r18_sample.py'
    )
    with pytest.raises(InputError, match=rf'VOC2007 is not there: put the data .*`{command}`'):
        check_quick(config(tmp_path / 'VOC2007', kind='VOCDataset'))
    with pytest.raises(InputError, match=r'is not there: draw .*`python tools/make_sample_voc.py`'):
        check_quick(config(Path('data/sample_voc')))
    command = f'python tools/make_sample_voc.py --out {tmp_path}/sample_voc'
    with pytest.raises(InputError, match=f'`{command}`'):
        check_quick(config(tmp_path / 'sample_voc'))


@pytest.mark.parametrize('kind', ['VOCDataset', 'ic_backbones.VOCStyleDataset'])
@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'metainfo': {'classes': ('cat')}}, r"classes=\('cat',\)\), with the comma"),
        ({'ann_file': ''}, 'is no split file: name it, e.g. ImageSets/Main/train.txt'),
        ({'ann_file': 'ImageSets/Main'}, 'ImageSets/Main. is no split file: name it'),
    ],
)
def test_arguments_that_name_nothing(healthy, kind, options, words):
    with pytest.raises(InputError, match=f'train_dataloader.dataset: .*{words}'):
        check_quick(config(healthy, kind=kind, **options))


def test_a_wrapper_without_data_sets(healthy):
    cfg = config(healthy)
    cfg.train_dataloader.dataset = {'type': 'ConcatDataset', 'datasets': []}
    with pytest.raises(InputError, match='train_dataloader.dataset: ConcatDataset has no datasets'):
        check_quick(cfg)


def test_two_images_with_one_id(healthy):
    (healthy / 'JPEGImages/a.bmp').write_bytes((healthy / 'JPEGImages/a.jpg').read_bytes())
    topic = 'several images with one id'
    assert problems(healthy) == [('warning', topic, 'JPEGImages/a.jpg', 'not a.bmp')]
    check_quick(config(healthy, kind='VOCDataset'), ['train'])  # it reads the .jpg


def test_an_id_with_a_suffix(healthy):
    (healthy / 'ImageSets/Main/train.txt').write_text('a.jpg\n')
    hint = 'an id has no suffix, write a; listed in train.txt'
    assert ('error', 'missing image', 'JPEGImages/a.jpg.*', hint) in problems(healthy)


def test_windows_line_endings_and_blank_lines(healthy):
    train = healthy / 'ImageSets/Main/train.txt'
    train.write_bytes(b'a\r\n')
    check_quick(config(healthy, kind='VOCDataset'), ['train'])
    train.write_bytes(b'\r\na\r\n\r\n')
    assert problems(healthy) == []
    check_quick(config(healthy))
    with pytest.raises(InputError, match=r'train.txt has blank lines .*use VOCStyleDataset'):
        check_quick(config(healthy, kind='VOCDataset'), ['train'])


def test_quick_check_names_the_first_fault(healthy):
    with pytest.raises(
        InputError, match=r'bbox_head.num_classes is 20, but .* 2 classes: cat, dog'
    ):
        check_quick(config(healthy, num_classes=20))
    with pytest.raises(InputError, match=r'train data set has no classes: set metainfo'):
        check_quick(config(healthy, metainfo={}))

    renamed = {'metainfo': {'classes': ('Cat', 'Dog')}}
    with pytest.raises(InputError, match=r'\(Cat, Dog\); the annotations say cat, dog'):
        check_quick(config(healthy, **renamed))
    check_quick(config(healthy, metainfo={'classes': ('cat', 'bird')}))
    with pytest.raises(InputError, match=r"train_dataloader.dataset: .*'minus_two'"):
        check_quick(config(healthy, minus_two=True))

    (healthy / 'Annotations/a.xml').unlink()
    with pytest.raises(InputError, match=r'Annotations/a.xml is not there'):
        check_quick(config(healthy))
    (healthy / 'ImageSets/Main/train.txt').write_text('\n')
    with pytest.raises(InputError, match=r'train.txt lists no image'):
        check_quick(config(healthy))
    check_quick(config(healthy), loaders=['test'])
