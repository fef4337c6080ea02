import shutil
from pathlib import Path

import pytest

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.datasets.voc.splits import splits_of_config, splits_of_folder
from ic_backbones.doctor import Kind, diagnose

TRAIN, VAL = 'ImageSets/Main/train.txt', 'ImageSets/Main/val.txt'
A, B = 'Annotations/a.xml', 'Annotations/b.xml'


def found(root: Path, splits) -> list[tuple]:
    """The kind of each problem, its file below the folder, and the message."""
    return [
        (kind, str(Path(file).relative_to(root)), message)
        for kind, file, message in diagnose(splits).problems
    ]


def problems(root: Path, classes=('cat', 'dog')) -> list[tuple]:
    return found(root, splits_of_folder(root, classes))


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_healthy_set_has_no_problems(healthy, tmp_path):
    assert problems(healthy) == []
    make_sample_voc(tmp_path / 'sample', train=3, val=2, size=(96, 72))
    assert {kind for kind, *_ in problems(tmp_path / 'sample', CLASSES)} <= {Kind.ABSENT_CLASS}


def test_missing_and_broken_files(healthy):
    (healthy / 'JPEGImages/a.jpg').unlink()
    (healthy / 'Annotations/a.xml').unlink()
    (healthy / 'JPEGImages/b.png').write_bytes(b'no image')
    (healthy / 'Annotations/b.xml').write_text('<annotation>')
    assert [problem[:2] for problem in problems(healthy)] == [
        (Kind.NO_OBJECTS, TRAIN),
        (Kind.MISSING_IMAGE, 'JPEGImages/a.*'),
        (Kind.BROKEN_ANNOTATION, A),
        (Kind.NO_OBJECTS, VAL),
        (Kind.BROKEN_IMAGE, 'JPEGImages/b.png'),
        (Kind.BROKEN_ANNOTATION, B),
    ]


@pytest.mark.parametrize(
    ('old', 'new', 'expected'),
    [
        (
            '<name>cat</name>',
            '<name>Cat</name>',
            [
                (Kind.ABSENT_CLASS, TRAIN, "has no 'cat'"),
                (Kind.SIMILAR_NAME, TRAIN, "1 objects are named 'Cat', but the class is 'cat'"),
                (Kind.UNKNOWN_CLASS, A, "'Cat' (2, 2, 20, 20)"),
            ],
        ),
        ('<ymax>20</ymax>', '<ymax>2</ymax>', [(Kind.DROPPED_BOX, A, "'cat' (2, 2, 20, 2)")]),
        (
            '<ymax>20</ymax>',
            '<ymax>30.5</ymax>',
            [(Kind.CUT_BOX, A, "'cat' (2, 2, 20, 30.5), but the image is 40x30")],
        ),
        (
            '<xmin>2</xmin><ymin>2</ymin><xmax>20</xmax><ymax>20</ymax>',
            '<xmin>40</xmin><ymin>2</ymin><xmax>50</xmax><ymax>20</ymax>',
            [(Kind.OUTSIDE_BOX, A, "'cat' (40, 2, 50, 20), but the image is 40x30")],
        ),
        (
            '<ymax>30</ymax>',
            '<ymax>20</ymax>',
            [(Kind.SAME_BOX, A, "'cat', 'dog' (2, 2, 20, 20)")],
        ),
        (
            '<width>40</width><height>30</height>',
            '<width>30</width><height>40</height>',
            [(Kind.OTHER_SIZE, A, 'says 30x40, but the image is 40x30')],
        ),
        (
            '<xmin>2</xmin>',
            '',
            [
                (Kind.NO_OBJECTS, TRAIN, "no object in its 1 images has a class of 'cat', 'dog'"),
                (Kind.BROKEN_ANNOTATION, A, '<object> without <bndbox/xmin>'),
            ],
        ),
    ],
)
def test_faults_of_an_annotation(healthy, old, new, expected):
    replace(healthy / A, old, new)
    assert problems(healthy) == expected


def test_faults_of_splits(healthy):
    (healthy / TRAIN).write_text('')
    (healthy / 'ImageSets/Main/test.txt').write_text('b\nb\n')
    assert problems(healthy) == [
        (Kind.EMPTY_SPLIT, TRAIN, 'lists no image'),
        (Kind.REPEATED_ID, 'ImageSets/Main/test.txt', 'lists b 2 times'),
    ]


def test_the_same_image_to_train_and_to_measure_on(healthy):
    """Shared images are found by content; trainval may share some with val but not with test."""
    main = healthy / 'ImageSets/Main'
    (main / 'trainval.txt').write_text('a\nb\n')
    assert problems(healthy) == []
    (healthy / 'JPEGImages/c.jpg').write_bytes((healthy / 'JPEGImages/a.jpg').read_bytes())
    (healthy / 'Annotations/c.xml').write_text((healthy / A).read_text())
    (main / 'test.txt').write_text('c\n')
    image = healthy / 'JPEGImages/a.jpg'
    assert problems(healthy) == [
        (Kind.SHARED_IMAGE, 'JPEGImages/c.jpg', f'in test, the same image as {image} in {name}')
        for name in ('train', 'trainval')
    ]


@pytest.mark.parametrize(
    ('options', 'kind'),
    [
        ({}, Kind.FATAL_BOX),
        ({'filter_cfg': {'bbox_min_size': 2}}, Kind.DROPPED_BOX),
        (
            {'pipeline': [{'type': 'FilterAnnotations', 'min_gt_bbox_wh': (0, 0)}]},
            Kind.DROPPED_BOX,
        ),
    ],
)
def test_mmdets_reader_and_a_box_without_an_area(healthy, voc_config, options, kind):
    """mmdet cuts fractions off, so that 10.2 to 10.9 is empty, and reads only .jpg."""
    replace(healthy / A, '<xmin>2</xmin>', '<xmin>10.2</xmin>')
    replace(healthy / A, '<xmax>20</xmax>', '<xmax>10.9</xmax>')
    splits = splits_of_config(voc_config(healthy, kind='VOCDataset', **options))
    assert [problem[:2] for problem in found(healthy, splits)] == [
        (kind, A),
        (kind, A),
        (Kind.OTHER_SUFFIX, 'JPEGImages/b.png'),
        (Kind.CUT_BOX, B),
    ]


def test_two_images_with_one_id(healthy):
    (healthy / 'JPEGImages/a.bmp').write_bytes((healthy / 'JPEGImages/a.jpg').read_bytes())
    assert problems(healthy) == [(Kind.SHARED_ID, 'JPEGImages/a.jpg', 'is read, but not a.bmp')]


def test_an_id_with_a_suffix(healthy):
    (healthy / TRAIN).write_text('a.jpg\n')
    message = (
        'an id is a path below JPEGImages/ without suffix, so it must be a (listed in train.txt)'
    )
    assert (Kind.MISSING_IMAGE, 'JPEGImages/a.jpg.*', message) in problems(healthy)


def test_annotations_of_another_folder(healthy, voc_config):
    """An image that two loaders share is checked with the annotation of each."""
    shutil.copytree(healthy / 'Annotations', healthy / 'Others')
    replace(healthy / 'Others/b.xml', '<ymax>20</ymax>', '<ymax>2</ymax>')
    config = voc_config(healthy)
    config.test_dataloader.dataset.ann_subdir = 'Others'
    assert found(healthy, splits_of_config(config)) == [
        (Kind.DROPPED_BOX, 'Others/b.xml', "'cat' (2, 2, 20, 2)")
    ]
