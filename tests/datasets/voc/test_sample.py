import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from ic_backbones.datasets.voc import shapes
from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES, draw
from ic_backbones.errors import InputError

TINY = {'train': 4, 'val': 2, 'size': (96, 72)}


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob('*') if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_same_arguments_give_the_same_bytes_whatever_the_global_state(tmp_path):
    np.random.seed(1)
    make_sample_voc(tmp_path / 'a', **TINY)
    np.random.seed(2)
    make_sample_voc(tmp_path / 'b', **TINY)
    make_sample_voc(tmp_path / 'c', **TINY, seed=1)
    assert content(tmp_path / 'a') == content(tmp_path / 'b')
    image = 'JPEGImages/train_0000.jpg'
    assert content(tmp_path / 'a')[image] != content(tmp_path / 'c')[image]


def test_a_longer_set_begins_with_the_shorter_one(tmp_path):
    make_sample_voc(tmp_path / 'a', **TINY)
    make_sample_voc(tmp_path / 'b', train=6, val=2, size=(96, 72))
    short, long = content(tmp_path / 'a'), content(tmp_path / 'b')
    drawn = [name for name in short if name.startswith(('JPEGImages', 'Annotations'))]
    assert len(drawn) == 2 * (4 + 2 + 2)
    assert all(short[name] == long[name] for name in drawn)


@pytest.mark.parametrize(
    'own', ['JPEGImages/mine.jpg', 'Annotations/mine.xml', 'JPEGImages/a/b.png']
)
def test_a_users_own_files_are_kept(tmp_path, own):
    make_sample_voc(tmp_path, **TINY)
    (tmp_path / own).parent.mkdir(exist_ok=True)
    (tmp_path / own).write_text('mine')
    before = content(tmp_path)
    assert not make_sample_voc(tmp_path, **TINY)  # nothing to draw
    with pytest.raises(InputError, match=r'mine|b\.png: is not a file of the drawn sample'):
        make_sample_voc(tmp_path, **TINY, seed=1)
    assert content(tmp_path) == before


def test_layout(tmp_path):
    make_sample_voc(tmp_path, **TINY)
    splits = {
        path.stem: path.read_text().split() for path in (tmp_path / 'ImageSets/Main').iterdir()
    }
    assert {name: len(ids) for name, ids in splits.items()} == {
        'train': 4,
        'val': 2,
        'test': 2,
        'trainval': 6,
    }
    assert splits['trainval'] == splits['train'] + splits['val']
    assert not set(splits['trainval']) & set(splits['test'])
    for name in splits['trainval'] + splits['test']:
        assert cv2.imread(str(tmp_path / 'JPEGImages' / f'{name}.jpg')).shape == (72, 96, 3)
        root = ET.parse(tmp_path / 'Annotations' / f'{name}.xml').getroot()
        assert [int(root.find(f'size/{key}').text) for key in ('width', 'height')] == [96, 72]
        assert root.findall('object')
        for item in root.findall('object'):
            assert item.find('name').text in CLASSES
            x1, y1, x2, y2 = (
                int(item.find(f'bndbox/{key}').text) for key in ('xmin', 'ymin', 'xmax', 'ymax')
            )
            assert 0 <= x1 < x2 <= 96 and 0 <= y1 < y2 <= 72


def test_every_class_has_its_share_of_sizes_and_some_are_hidden_or_cut():
    objects = [item for index in range(60) for item in draw(np.random.RandomState([0, index]))[1]]
    counts = Counter(item['name'] for item in objects)
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) > 0.15 * len(objects)
    assert 0.05 < np.mean([item['occluded'] for item in objects]) < 0.5
    assert 0.05 < np.mean([item['truncated'] for item in objects]) < 0.5
    widths = np.array([item['box'][2] - item['box'][0] for item in objects])
    assert widths.min() < 30 and widths.max() > 64


@pytest.mark.parametrize('seed', range(5))
def test_boxes_bound_what_was_drawn(seed, monkeypatch):
    """White objects on black: the outermost white pixels are the outermost box edges."""
    black = np.zeros((160, 192, 3))
    monkeypatch.setattr(shapes, '_ground', lambda rng, size: black.copy())
    monkeypatch.setattr(shapes, '_texture', lambda rng, size, avoid: black + 255)
    image, objects = draw(np.random.RandomState(seed))
    rows, columns = np.where(image.min(2) > 127)
    x1, y1, x2, y2 = zip(*(item['box'] for item in objects), strict=True)
    edges = (min(x1), min(y1), max(x2), max(y2))
    assert edges == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_complete_folder_is_left_alone_and_another_is_drawn_anew(tmp_path):
    assert make_sample_voc(tmp_path, **TINY)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob('*.jpg')}
    assert not make_sample_voc(tmp_path, **TINY)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob('*.jpg')}

    before = content(tmp_path)
    (tmp_path / 'JPEGImages/train_0001.jpg').unlink()
    assert make_sample_voc(tmp_path, **TINY)
    assert content(tmp_path) == before

    (tmp_path / 'ImageSets/Main/trainval.txt').unlink()
    assert make_sample_voc(tmp_path, **TINY)
    assert content(tmp_path) == before

    for cut in ('', '{"complete"'):
        (tmp_path / 'sample_voc.json').write_text(cut)
        assert make_sample_voc(tmp_path, **TINY)
        assert content(tmp_path) == before

    assert make_sample_voc(tmp_path, train=1, val=1, size=(96, 72))
    assert len(list(tmp_path.rglob('*.jpg'))) == 3


def test_a_foreign_folder_is_refused_and_untouched(tmp_path):
    (tmp_path / 'JPEGImages').mkdir()
    (tmp_path / 'JPEGImages/mine.jpg').write_bytes(b'mine')
    with pytest.raises(InputError, match='did not make'):
        make_sample_voc(tmp_path, **TINY)
    assert content(tmp_path) == {'JPEGImages/mine.jpg': b'mine'}


def test_wrong_arguments(tmp_path):
    with pytest.raises(InputError, match='cannot hold 0 train and 60 val images; ask for 1'):
        make_sample_voc(tmp_path / 'a', train=0)
    with pytest.raises(InputError, match='seed -1: out of range'):
        make_sample_voc(tmp_path / 'a', seed=-1)
    with pytest.raises(InputError, match='/proc/x: cannot be written'):
        make_sample_voc('/proc/x', **TINY)
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='this is a file'):
        make_sample_voc(tmp_path / 'file', **TINY)
