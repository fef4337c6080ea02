"""Image files are judged before they are decoded, and the judgement is remembered."""

import os
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest
from image_faults import FAULTS, claim_pixels
from PIL import Image

from ic_backbones.datasets import size_cache
from ic_backbones.datasets.images import image_size, read_image, write_image
from ic_backbones.datasets.size_cache import SizeCache

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


@pytest.fixture
def image(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.jpg'), PIXELS)
    return tmp_path / 'a.jpg'


@pytest.mark.parametrize('suffix', 'bmp jpg jp2 png ppm tif webp'.split())
def test_sound_images(tmp_path, suffix):
    file = tmp_path / f'a.{suffix}'
    cv2.imwrite(str(file), PIXELS)
    assert image_size(file) == (80, 60)
    assert (read_image(file) == cv2.imread(str(file))).all()


@pytest.mark.parametrize('suffix', 'bmp jpg jp2 png ppm tif webp'.split())
def test_a_file_that_is_cut_short_is_found_in_every_format(tmp_path, suffix):
    file = tmp_path / f'a.{suffix}'
    cv2.imwrite(str(file), PIXELS)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ValueError, match='broken|truncated'):
        image_size(file)


@pytest.mark.parametrize('fault', FAULTS)
def test_bad_files(image, fault):
    damage, sentence = FAULTS[fault]
    damage(image)
    with pytest.raises(ValueError, match=sentence):
        image_size(image)


def test_broken_inside(image):
    """The header and the end are sound, so that only decoding tells."""
    file = image.with_suffix('.png')
    claim_pixels(file, 400, 300)
    assert image_size(file) == (400, 300)
    with pytest.raises(ValueError, match='cannot be decoded'):
        read_image(file)


def test_the_size_is_what_cv2_reads_where_the_file_says_how_to_turn_it(image):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(image).save(image, exif=exif)
    assert image_size(image) == cv2.imread(str(image)).shape[1::-1] == (60, 80)


def test_bytes_after_the_end_do_no_harm(image):
    image.write_bytes(image.read_bytes() + b'\0' * 10)
    assert image_size(image) == (80, 60)


def test_the_limit_is_an_argument(image):
    assert image_size(image, max_pixels=4800) == (80, 60)
    with pytest.raises(ValueError, match='80x60 pixels, more than max_pixels=4799 allows'):
        read_image(image, max_pixels=4799)


def test_writing_that_fails_is_an_error(tmp_path):
    write_image(tmp_path / 'a.png', PIXELS)
    assert (cv2.imread(str(tmp_path / 'a.png')) == PIXELS).all()
    with pytest.raises(OSError):
        write_image(tmp_path / 'nowhere/a.png', PIXELS)


@pytest.fixture
def read(monkeypatch, tmp_path):
    """The files whose content the cache reads, one after the other."""
    files = []

    def count(path, max_pixels):
        files.append(path.name)
        return image_size(path, max_pixels)

    monkeypatch.setattr(size_cache, 'image_size', count)
    monkeypatch.setattr(size_cache, 'CACHE', tmp_path / 'cache/images.sqlite')
    return files


def sizes(*files, **kwargs):
    with SizeCache() as cache:
        return [cache.size(file, **kwargs) for file in files]


def test_a_file_is_read_again_only_when_it_changed(image, read):
    assert sizes(image) == sizes(image) == [(80, 60)]
    assert read == ['a.jpg']
    with pytest.raises(ValueError, match='more than max_pixels=4799'):
        sizes(image, max_pixels=4799)
    os.utime(image, (1, 1))
    sizes(image)
    cv2.imwrite(str(image), PIXELS[:20])
    assert sizes(image) == [(80, 20)]
    assert len(read) == 4


def test_what_is_broken_is_not_remembered_and_the_rest_is(image, read):
    broken = image.with_name('b.jpg')
    broken.touch()
    for _ in range(2):
        with pytest.raises(ValueError, match='is empty'):
            sizes(image, broken)
    assert read == ['a.jpg', 'b.jpg', 'b.jpg']


@pytest.mark.parametrize('content', [b'no database', b''])
def test_a_broken_cache_is_replaced(image, read, content):
    size_cache.CACHE.parent.mkdir()
    size_cache.CACHE.write_bytes(content * 100)
    for _ in range(3):
        assert sizes(image) == [(80, 60)]
    assert len(read) == (2 if content else 1)


def test_without_a_folder_to_write_every_file_is_read(image, read, monkeypatch):
    monkeypatch.setattr(size_cache, 'CACHE', image / 'images.sqlite')
    assert sizes(image) == sizes(image) == [(80, 60)]
    assert len(read) == 2


def test_a_broken_cache_that_cannot_be_removed(image, read, monkeypatch):
    size_cache.CACHE.parent.mkdir()
    size_cache.CACHE.write_bytes(b'junk' * 100)

    def fail(*_, **__):
        raise PermissionError

    monkeypatch.setattr(Path, 'unlink', fail)
    assert sizes(image) == sizes(image) == [(80, 60)]


def test_a_name_that_is_not_in_utf_8(image, read):
    odd = image.rename(image.with_name(os.fsdecode(b'\xe9.jpg')))
    assert sizes(odd) == sizes(odd) == [(80, 60)]
    assert len(read) == 1


def test_a_locked_cache_does_not_stop_anything(image, read, monkeypatch):
    sizes()
    with sqlite3.connect(size_cache.CACHE) as other:
        other.execute('begin exclusive')
        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, 'connect', lambda path: connect(path, timeout=0))
        assert sizes(image) == [(80, 60)]
