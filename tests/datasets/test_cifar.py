"""CIFAR is read from folders or from the archive, or is missing."""

import hashlib
import pickle
from urllib.error import URLError

import cv2
import numpy as np
import pytest
from mmpretrain.datasets import CIFAR10
from mmpretrain.datasets.categories import CIFAR10_CATEGORIES

from ic_backbones.datasets import CIFAR10Data
from ic_backbones.errors import InputError


@pytest.fixture
def folders(tmp_path):
    """Two images per class, each of one colour: red is the class, green the number."""
    for label, name in enumerate(CIFAR10_CATEGORIES):
        (tmp_path / 'test' / name).mkdir(parents=True)
        for turn in range(2):
            bgr = np.full((32, 32, 3), (0, turn, label), np.uint8)
            cv2.imwrite(str(tmp_path / 'test' / name / f'{turn}.png'), bgr)
    return tmp_path


def test_folders_give_rgb_images_of_each_class_in_turns(folders):
    dataset = CIFAR10Data(str(folders), split='test')
    assert [sample['gt_label'] for sample in dataset] == [*range(10), *range(10)]
    for index, sample in enumerate(dataset):
        assert (sample['img'] == (index % 10, index // 10, 0)).all()
    first = CIFAR10Data(str(folders), split='test', indices=10)
    assert sorted(first.get_gt_labels()) == list(range(10))


def test_archive(tmp_path, monkeypatch):
    """The unpacked archive, as mmpretrain reads it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 3 * 32 * 32), dtype=np.uint8)
    (tmp_path / CIFAR10.base_folder).mkdir()
    file = tmp_path / CIFAR10.base_folder / 'batch'
    file.write_bytes(pickle.dumps(dict(data=images, labels=[3, 1, 4, 1])))
    batch = ['batch', hashlib.md5(file.read_bytes()).hexdigest()]
    monkeypatch.setattr(CIFAR10, 'train_list', [batch])
    monkeypatch.setattr(CIFAR10, 'test_list', [batch])
    dataset = CIFAR10Data(str(tmp_path), split='train')
    assert dataset.get_gt_labels().tolist() == [3, 1, 4, 1]
    assert (dataset[2]['img'] == images[2].reshape(3, 32, 32).transpose(1, 2, 0)).all()


def test_without_data_and_network(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise URLError('no route')

    monkeypatch.setattr('urllib.request.urlopen', refuse)
    with pytest.raises(InputError, match='cannot be downloaded .*put cifar-10-python.tar.gz there'):
        CIFAR10Data(str(tmp_path), split='train')


def test_wrong_folders_and_images(folders):
    (folders / 'test/cat/0.png').write_bytes(b'no image')
    with pytest.raises(InputError, match=r'cat/0\.png: is not an image, or its header is broken;'):
        CIFAR10Data(str(folders), split='test')
    cv2.imwrite(str(folders / 'test/cat/0.png'), np.zeros((32, 31, 3), np.uint8))
    with pytest.raises(InputError, match=r'cat/0\.png: is not an image of 32x32 pixels; replace'):
        CIFAR10Data(str(folders), split='test')
    (folders / 'test/cat').rename(folders / 'test/kitten')
    with pytest.raises(InputError, match='not the 10 classes .cat is on one side only.'):
        CIFAR10Data(str(folders), split='test')
    (folders / 'test/kitten').rename(folders / 'test/cat')
    for file in (folders / 'test/cat').iterdir():
        file.unlink()
    with pytest.raises(InputError, match='test/cat: holds no images; put those of the class there'):
        CIFAR10Data(str(folders), split='test')
