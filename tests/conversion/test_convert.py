"""Data in the layouts of COCO, YOLO and VOC becomes the same data in VOC layout."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from ic_backbones.conversion import convert
from ic_backbones.conversion.source import split_named
from ic_backbones.datasets import VOCStyleDataset
from ic_backbones.datasets.voc.annotation import read_annotation
from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.datasets.voc.splits import splits_of_folder
from ic_backbones.doctor import Severity, diagnose
from ic_backbones.errors import InputError

SIZE = (96, 72)
SPLITS = ('train', 'val', 'test')


@pytest.fixture(scope='module')
def sample(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('sample')
    make_sample_voc(root, train=6, val=2, size=SIZE)
    return root


def content(root: Path) -> dict[str, list]:
    """Per split, the objects of each image."""
    return {
        split.stem: [
            read_annotation(root / f'Annotations/{name}.xml') for name in split.read_text().split()
        ]
        for split in (root / 'ImageSets/Main').glob('*.txt')
        if split.stem in SPLITS
    }


def ids(root: Path, split: str) -> list[str]:
    return (root / f'ImageSets/Main/{split}.txt').read_text().split()


def put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def as_coco(voc: Path, out: Path, pattern: str, json_name: str) -> None:
    for split in SPLITS:
        images, annotations = [], []
        for number, name in enumerate(ids(voc, split), 1):
            put(voc / f'JPEGImages/{name}.jpg', out / pattern.format(split=split, name=name))
            file = os.path.basename(pattern.format(split=split, name=name))
            images.append(dict(id=number, file_name=file, width=SIZE[0], height=SIZE[1]))
            for item in read_annotation(voc / f'Annotations/{name}.xml')[1]:
                x1, y1, x2, y2 = item.box
                annotations.append(
                    dict(
                        image_id=number,
                        category_id=CLASSES.index(item.name) + 7,
                        bbox=[x1, y1, x2 - x1, y2 - y1],
                    )
                )
        categories = [dict(id=index + 7, name=name) for index, name in enumerate(CLASSES)]
        categories.append(dict(id=0, name='shapes'))  # of which there is no object
        file = out / json_name.format(split=split)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            json.dumps(dict(images=images, annotations=annotations, categories=categories))
        )


def as_yolo(voc: Path, out: Path, images: str, labels: str, polygon: bool = False) -> None:
    for split in SPLITS:
        for name in ids(voc, split):
            put(voc / f'JPEGImages/{name}.jpg', out / images.format(split=split, name=name))
            lines = []
            for item in read_annotation(voc / f'Annotations/{name}.xml')[1]:
                x1, x2 = (edge / SIZE[0] for edge in item.box[::2])
                y1, y2 = (edge / SIZE[1] for edge in item.box[1::2])
                shares = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]
                if polygon:
                    shares = [x1, (y1 + y2) / 2, (x1 + x2) / 2, y1, x2, y2]
                label = CLASSES.index(item.name)
                lines.append(' '.join([str(label), *(f'{share:.6f}' for share in shares)]))
            file = out / labels.format(split=split, name=name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text('\n'.join(lines))


def coco(voc, out):
    as_coco(voc, out, '{split}2017/{name}.jpg', 'annotations/instances_{split}2017.json')


def coco_beside_images(voc, out):
    as_coco(voc, out, '{split}/{name}.jpg', '{split}/_annotations.coco.json')


def coco_named_last(voc, out):
    as_coco(voc, out, 'images/{name}.jpg', 'dataset_{split}.json')


def yolo(voc, out):
    as_yolo(voc, out, 'images/{split}/{name}.jpg', 'labels/{split}/{name}.txt')
    (out / 'data.yaml').write_text(yaml.safe_dump(dict(names=dict(enumerate(CLASSES)))))


def yolo_of_polygons(voc, out):
    as_yolo(voc, out, '{split}/images/{name}.jpg', '{split}/labels/{name}.txt', polygon=True)
    (out / 'data.yaml').write_text(yaml.safe_dump(dict(names=list(CLASSES))))


def yolo_of_lists(voc, out):
    as_yolo(voc, out, 'images/{name}.jpg', 'labels/{name}.txt')
    content = dict(names=list(CLASSES), path='.', train='train.txt', val=['val.txt'])
    for split, begin in (('train', './'), ('val', f'{out}/')):
        lines = [f'{begin}images/{name}.jpg\n' for name in ids(voc, split)]
        (out / f'{split}.txt').write_text(''.join(lines))
    for name in ids(voc, 'test'):
        for folder, suffix in (('images', 'jpg'), ('labels', 'txt')):
            put(out / f'{folder}/{name}.{suffix}', out / f'last/{folder}/{name}.{suffix}')
            (out / f'{folder}/{name}.{suffix}').unlink()
    (out / 'data.yaml').write_text(yaml.safe_dump(content | dict(test='../last/images')))


def yolo_in_capitals(voc, out):
    as_yolo(voc, out, '{split}/Images/{name}.JPG', '{split}/Labels/{name}.txt')
    for split in SPLITS:
        (out / split / 'classes.txt').write_text('\n'.join(CLASSES))


def yolo_by_subject(voc, out):
    as_yolo(voc, out, 'images/{split}/valve/{name}.jpg', 'labels/{split}/valve/{name}.txt')
    (out / 'data.yaml').write_text(yaml.safe_dump(dict(names=list(CLASSES))))


def voc(source, out):
    out.symlink_to(source)


def voc_below(source, out):
    out.mkdir()
    (out / 'VOC2007').symlink_to(source)


def voc_beside_images(source, out):
    for split, folder in zip(SPLITS, ('train', 'valid', 'test'), strict=True):
        for name in ids(source, split):
            put(source / f'JPEGImages/{name}.jpg', out / f'{folder}/{name}.jpg')
            put(source / f'Annotations/{name}.xml', out / f'{folder}/{name}.xml')


def voc_by_folder_of_annotations(source, out):
    for split in SPLITS:
        for name in ids(source, split):
            put(source / f'JPEGImages/{name}.jpg', out / f'photos/{name}.jpg')
            put(source / f'Annotations/{name}.xml', out / f'xml/{split}/{name}.xml')


def flat_voc(source, out):
    for folder in ('JPEGImages', 'Annotations'):
        for file in (source / folder).iterdir():
            put(file, out / file.name)


def flat_yolo(source, out):
    as_yolo(source, out, '{name}.jpg', '{name}.txt')
    (out / 'classes.txt').write_text('\n'.join(CLASSES) + '\n')


@pytest.mark.parametrize(
    'write',
    [
        coco, coco_beside_images, coco_named_last, yolo, yolo_of_polygons, yolo_of_lists,
        yolo_in_capitals, yolo_by_subject, voc, voc_below, voc_beside_images,
        voc_by_folder_of_annotations,
    ],
)  # fmt: skip
def test_layouts_with_splits(write, sample, tmp_path):
    write(sample, tmp_path / 'source')
    report = convert(tmp_path / 'source', tmp_path / 'out')
    assert content(tmp_path / 'out') == content(sample)
    assert report.layout == write.__name__.split('_')[0].upper() and report.kept
    assert report.classes == (tuple(sorted(CLASSES)) if report.layout == 'VOC' else CLASSES)
    assert report.images == dict(train=6, val=2, test=2)
    diagnosis = diagnose(splits_of_folder(tmp_path / 'out', CLASSES))
    assert diagnosis.count(Severity.ERROR) == 0


def test_trainval_is_trained_on_where_there_is_no_train(sample, tmp_path):
    voc_copy = tmp_path / 'source'
    shutil.copytree(sample, voc_copy)
    for split in ('train', 'val'):
        (voc_copy / f'ImageSets/Main/{split}.txt').unlink()
    report = convert(voc_copy, tmp_path / 'out')
    assert report.kept and report.images == dict(train=8, val=0, test=2)
    assert ids(tmp_path / 'out', 'test') == ids(sample, 'test')


@pytest.mark.parametrize(
    ('name', 'split'),
    [
        ('train2017', 'train'),
        ('Training_Set', 'train'),
        ('valid', 'val'),
        ('validation', 'val'),
        ('test-dev2017', 'test'),
        ('train/test', 'train'),  # the outermost
        ('valve', None),
        ('train_station', None),
        ('test_tube', None),
        ('trainval', None),
    ],
)
def test_folders_that_name_a_split(name, split):
    assert split_named(Path('data', name)) == split


def test_an_image_outside_the_splits_stops_it_or_is_left_out(sample, tmp_path):
    """It does not make all splits new, with test images in the new train split."""
    yolo(sample, tmp_path / 'source')
    image = cv2.imread(str(sample / 'JPEGImages/train_0000.jpg'))
    cv2.imwrite(str(tmp_path / 'source/preview.png'), image[::-1])
    with pytest.raises(
        InputError, match=r'preview\.png: is in none of the splits .*; --resplit make'
    ):
        convert(tmp_path / 'source', tmp_path / 'out')
    report = convert(tmp_path / 'source', tmp_path / 'out', skip_broken=True)
    assert report.kept and content(tmp_path / 'out') == content(sample)
    assert 'preview.png: is in none of the splits' in report.text('out')
    assert sum(convert(tmp_path / 'source', tmp_path / 'new', resplit=True).images.values()) == 11


def test_pictures_of_a_training_are_outside_the_lists(sample, tmp_path):
    """A folder runs/detect/train in the data names no split where data.yaml lists them."""
    source = tmp_path / 'source'
    yolo(sample, source)
    lists = {split: f'images/{split}' for split in SPLITS}
    content_of = dict(names=list(CLASSES), **lists)
    (source / 'data.yaml').write_text(yaml.safe_dump(content_of))
    put(sample / 'JPEGImages/train_0000.jpg', source / 'runs/detect/train/train_batch0.jpg')
    with pytest.raises(InputError, match=r'train_batch0\.jpg: is in none of the splits'):
        convert(source, tmp_path / 'out')
    convert(source, tmp_path / 'out', skip_broken=True)
    assert content(tmp_path / 'out') == content(sample)


def write_masks(sample: Path, out: Path, photos: str, masks: str, xmls: str) -> None:
    """Photographs with annotations, and black pictures of the same names."""
    (out / masks).mkdir(parents=True)
    for name in ids(sample, 'train'):
        put(sample / f'JPEGImages/{name}.jpg', out / f'{photos}/{name}.jpg')
        put(sample / f'Annotations/{name}.xml', out / f'{xmls}/{name}.xml')
        cv2.imwrite(str(out / f'{masks}/{name}.png'), np.zeros((72, 96), np.uint8))


FOLDERS = [
    ('images', 'annotations/masks', 'annotations/xmls'),
    ('images', 'depth', 'xmls'),
    ('photos', 'depth', 'xmls'),
    ('photos', 'xmls', 'xmls'),
    ('VOC/JPEGImages', 'VOC/Masks', 'VOC/Annotations'),
]


@pytest.mark.parametrize('folders', FOLDERS)
def test_masks_of_the_same_names_are_not_taken(folders, sample, tmp_path):
    write_masks(sample, tmp_path / 'source', *folders)
    convert(tmp_path / 'source', tmp_path / 'out')
    assert {file.suffix for file in (tmp_path / 'out/JPEGImages').iterdir()} == {'.jpg'}


@pytest.mark.parametrize(
    ('folders', 'clear'), [(FOLDERS[0], 0), (FOLDERS[1], 1), (FOLDERS[2], 0), (FOLDERS[4], 1)]
)
def test_masks_where_the_annotations_name_no_file(folders, clear, sample, tmp_path):
    """The nearest folder with a usual name is taken, or else none."""
    write_masks(sample, tmp_path / 'source', *folders)
    for file in (tmp_path / 'source').rglob('*.xml'):
        file.write_text(file.read_text().replace('.jpg</filename>', '</filename>'))
    if clear:
        convert(tmp_path / 'source', tmp_path / 'out')
        assert {file.suffix for file in (tmp_path / 'out/JPEGImages').iterdir()} == {'.jpg'}
    else:
        words = r'train_0000\.xml: several images have this name: .*, .*; correct it'
        with pytest.raises(InputError, match=words):
            convert(tmp_path / 'source', tmp_path / 'out')


@pytest.mark.parametrize('photos', ['images', 'photos'])
def test_depth_maps_of_the_same_names_are_not_taken(photos, sample, tmp_path):
    source = tmp_path / 'source'
    as_coco(sample, source, photos + '/{name}.jpg', 'dataset_{split}.json')
    for name in (name for split in SPLITS for name in ids(sample, split)):
        put(sample / 'JPEGImages/train_0000.jpg', source / f'depth/{name}.jpg')
    if photos == 'images':
        convert(source, tmp_path / 'out')
        for file in (tmp_path / 'out/JPEGImages').iterdir():
            assert file.read_bytes() == (sample / 'JPEGImages' / file.name).read_bytes()
    else:
        words = r'test_0000\.jpg: is listed in .*, but several images have this name: depth/t'
        with pytest.raises(InputError, match=words):
            convert(source, tmp_path / 'out')


NAMES = (' a.jpg', 'b .jpg', 'c\nd.jpg', 'e\u2028f.jpg', '\x85g.jpg', 'ü h.jpg')


def test_names_that_a_split_file_cannot_hold(sample, tmp_path):
    for name, number in zip(NAMES, range(6), strict=True):
        put(sample / f'JPEGImages/train_{number:04}.jpg', tmp_path / 'source' / name)
        put(
            sample / f'Annotations/train_{number:04}.xml',
            (tmp_path / 'source' / name).with_suffix('.xml'),
        )
    report = convert(tmp_path / 'source', tmp_path / 'out', (0.5, 0.5, 0))
    splits = splits_of_folder(tmp_path / 'out', report.classes)
    assert diagnose(splits).count(Severity.ERROR) == 0
    names = sorted(name for split in splits for name in split.ids)
    assert names == ['a', 'b', 'c d', 'e f', 'g', 'ü h']


def test_a_mark_at_the_beginning_of_labels(sample, tmp_path):
    flat_yolo(sample, tmp_path / 'source')
    for file in (tmp_path / 'source').glob('*.txt'):
        file.write_text(file.read_text(), encoding='utf-8-sig')
    report = convert(tmp_path / 'source', tmp_path / 'out')
    assert report.classes == CLASSES and sum(report.images.values()) == 10


def test_a_large_group_of_near_duplicates_is_trained_on(tmp_path, write_voc):
    rng = np.random.default_rng(0)
    names = [f'{index:02}' for index in range(40)]
    root = write_voc({f'{name}.png': [('cat', (2, 2, 20, 20))] for name in names}, {})
    frame = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    for index, name in enumerate(names):
        picture = frame if index < 16 else rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(root / f'JPEGImages/{name}.png'), picture)
    for seed in range(4):
        report = convert(root, tmp_path.with_name(f'{tmp_path.name}_{seed}'), seed=seed)
        assert report.together == 16 and report.images == dict(train=28, val=6, test=6)


@pytest.mark.parametrize('write', [flat_voc, flat_yolo])
def test_layouts_without_splits(write, sample, tmp_path):
    write(sample, tmp_path / 'source')
    report = convert(tmp_path / 'source', tmp_path / 'out', (0.5, 0.3, 0.2))
    assert report.images == dict(train=5, val=3, test=2) and not report.kept

    def rows(root):
        return sorted(row for split in content(root).values() for row in split)

    assert rows(tmp_path / 'out') == rows(sample)


@pytest.mark.parametrize(
    ('write', 'file'),
    [
        (coco, 'annotations/instances_train2017.json'),
        (coco_beside_images, 'train/_annotations.coco.json'),
    ],
)
def test_one_json_file_and_links(write, file, sample, tmp_path):
    write(sample, tmp_path / 'source')
    report = convert(tmp_path / 'source' / file, tmp_path / 'out', (0.5, 0.5, 0), link=True)
    assert report.images == dict(train=3, val=3, test=0)
    text = report.text('out')
    assert "data_root = 'out'" in text and f'classes = {CLASSES}' in text
    assert "test_split = 'train', 'val', 'val'" in text
    images = sorted((tmp_path / 'out/JPEGImages').iterdir())
    assert len(images) == 6
    assert all(image.resolve().parent.parent == tmp_path / 'source' for image in images)
    dataset = VOCStyleDataset(
        data_root=str(tmp_path / 'out'),
        ann_file='ImageSets/Main/train.txt',
        metainfo=dict(classes=report.classes),
    )
    assert len(dataset) == 3 and all(row['instances'] for row in dataset)


def test_splits_depend_on_the_seed_alone_and_near_duplicates_stay_together(sample, tmp_path):
    flat_voc(sample, tmp_path / 'source')
    for name in ('train_0001', 'train_0004'):  # a compressed copy, and one of that in turn
        image = cv2.imread(str(tmp_path / f'source/{name}.jpg'))
        for number in range(2):
            copy = tmp_path / f'source/copy{number}_{name}'
            cv2.imwrite(f'{copy}.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 40])
            image = cv2.imread(f'{copy}.jpg')
            put(tmp_path / f'source/{name}.xml', copy.with_suffix('.xml'))
    found = []
    for seed, out in ((0, 'a'), (0, 'b'), (1, 'c'), (2, 'd')):
        report = convert(tmp_path / 'source', tmp_path / out, (0.4, 0.3, 0.3), seed)
        assert report.together == 6 and report.apart == []
        splits = {split: ids(tmp_path / out, split) for split in SPLITS}
        for name in ('train_0001', 'train_0004'):
            copies = {name, f'copy0_{name}', f'copy1_{name}'}
            assert any(copies <= set(split) for split in splits.values())
        found.append(splits)
    assert found[0] == found[1] and found[0] != found[2]

    kept = tmp_path / 'a/ImageSets/Main'
    (kept / 'val.txt').write_text('copy0_train_0001\n')
    (kept / 'test.txt').write_text('')
    (kept / 'train.txt').write_text('train_0001\n')
    for name in ('Annotations', 'JPEGImages'):
        for file in (tmp_path / 'a' / name).iterdir():
            if file.stem not in ('copy0_train_0001', 'train_0001'):
                file.unlink()
    report = convert(tmp_path / 'a', tmp_path / 'e')
    assert report.kept and len(report.apart) == 1
    said = 'groups of near-duplicates in more than one split: 1; --resplit keeps them in one split'
    assert said in report.text('e')
    with pytest.raises(InputError, match='no image is left for val and test, because near-dup'):
        convert(tmp_path / 'a', tmp_path / 'f', resplit=True)
    assert not convert(tmp_path / 'b', tmp_path / 'f', resplit=True).apart


def test_a_rare_class_is_in_every_split(tmp_path, write_voc):
    rng = np.random.default_rng(0)
    names = [f'{index:02}' for index in range(20)]
    root = write_voc(
        {
            f'{name}.png': [('rare' if index < 3 else 'common', (2, 2, 20, 20))]
            for index, name in enumerate(names)
        },
        {},
    )
    for name in names:
        image = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(root / f'JPEGImages/{name}.png'), image)
    report = convert(root, tmp_path / 'out', (0.6, 0.2, 0.2))
    assert report.images == dict(train=12, val=4, test=4)
    assert [report.objects[split]['rare'] for split in SPLITS] == [1, 1, 1]


def test_the_size_that_the_source_states_is_kept(sample, tmp_path):
    """So that the doctor can tell boxes that were drawn before the image was turned."""
    coco(sample, tmp_path / 'source')
    file = tmp_path / 'source/annotations/instances_val2017.json'
    file.write_text(
        file.read_text().replace('"width": 96, "height": 72', '"width": 72, "height": 96')
    )
    convert(tmp_path / 'source', tmp_path / 'out')
    assert [size for size, _ in content(tmp_path / 'out')['val']] == [(72, 96)] * 2


def test_one_name_in_two_folders(sample, tmp_path):
    for folder, name in (('one', 'train_0000'), ('two', 'train_0001')):
        for kind, suffix in (('JPEGImages', 'jpg'), ('Annotations', 'xml')):
            put(sample / f'{kind}/{name}.{suffix}', tmp_path / f'source/{folder}/a.{suffix}')
    convert(tmp_path / 'source', tmp_path / 'out', (0.5, 0.5, 0))
    assert sorted(ids(tmp_path / 'out', 'train') + ids(tmp_path / 'out', 'val')) == [
        'one_a',
        'two_a',
    ]
    for name, original in (('one_a', 'train_0000'), ('two_a', 'train_0001')):
        objects = read_annotation(tmp_path / f'out/Annotations/{name}.xml')
        assert objects == read_annotation(sample / f'Annotations/{original}.xml')
