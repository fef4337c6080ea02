"""CALTECH-256 is read from the archive's folders, with a fixed draw and without the clutter."""

import cv2
import numpy as np
import pytest

from ic_backbones.datasets import Caltech256
from ic_backbones.errors import InputError


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / '256_ObjectCategories'
    jpeg = cv2.imencode('.jpg', np.zeros((2, 2, 3), np.uint8))[1].tobytes()
    for number in range(1, 258):
        folder = root / f'{number:03}.{"clutter" if number == 257 else f"thing-{number}"}'
        folder.mkdir(parents=True)
        for image in range(1, 6):
            (folder / f'{number:03}_{image:04}.jpg').write_bytes(jpeg)
    return root


def draw(root, split, **kwargs):
    data = Caltech256(str(root), split, **{**dict(train=3, test=2), **kwargs}, pipeline=[])
    return [(row['img_path'], row['gt_label']) for row in data.load_data_list()]


def test_splits(root):
    train, test = draw(root, 'train'), draw(root, 'test')
    assert len(train) == 256 * 3 and len(test) == 256 * 2
    assert not {path for path, _ in train} & {path for path, _ in test}
    assert not any('clutter' in path for path, _ in train + test)
    for path, label in train + test:
        assert f'/{label + 1:03}.thing-{label + 1}/' in path
    assert draw(root, 'train') == train
    fewer = draw(root, 'train', train=1)
    assert not {path for path, _ in fewer} & {path for path, _ in test}
    assert draw(root, 'train', seed=1) != train


def test_classes(root):
    data = Caltech256(str(root), 'test', train=3, test=2, pipeline=[])
    assert len(data.metainfo['classes']) == 256
    assert data.metainfo['classes'][0] == 'thing-1'


def test_what_is_wrong_is_a_sentence(root, tmp_path):
    with pytest.raises(InputError, match='no such folder; put the folder 256_ObjectCategories'):
        draw(tmp_path / 'gone', 'train')
    with pytest.raises(InputError, match='holds 5 images, but 70 are needed'):
        draw(root, 'train', train=50, test=20)
    with pytest.raises(InputError, match="split 'val' does not exist"):
        draw(root, 'val')
    with pytest.raises(InputError, match='train=-1, test=2; both must be at least 1'):
        draw(root, 'train', train=-1)
    (tmp_path / '256_toad').mkdir()  # not a class folder of the archive
    (tmp_path / '001.ak47').mkdir()
    with pytest.raises(InputError, match='1 class folders instead of 001 to 256 .see 002'):
        draw(tmp_path, 'train')
