"""Image files are judged before they are decoded, and the judgement is remembered."""

import os
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest
from image_faults import FAULTS, claim_pixels
from mmdet.registry import TRANSFORMS as MMDET
from mmengine.registry import DefaultScope
from mmpretrain.registry import TRANSFORMS as MMPRETRAIN
from PIL import ExifTags, Image, ImageOps

from ic_backbones.datasets import image_cache
from ic_backbones.datasets.image_cache import HeaderCache
from ic_backbones.datasets.images import image_size, read_header, read_image, write_image

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


@pytest.mark.parametrize('suffix', ['jpg', 'png'])
def test_what_is_left_of_a_cut_header_is_called_truncated(tmp_path, suffix):
    file = tmp_path / f'a.{suffix}'
    cv2.imwrite(str(file), PIXELS)
    file.write_bytes(file.read_bytes()[:12])
    with pytest.raises(ValueError, match='^is truncated or broken in its header$'):
        image_size(file)


def test_broken_inside(image):
    """The header and the end are sound, so that only decoding tells."""
    file = image.with_suffix('.png')
    claim_pixels(file, 400, 300)
    assert image_size(file) == (400, 300)
    with pytest.raises(ValueError, match='cannot be decoded'):
        read_image(file)


def readings(file) -> list[np.ndarray]:
    """The image as the steps read it that train and predict, in both packages."""
    path = str(file)
    with DefaultScope.overwrite_default_scope('mmdet'):  # where the inferencer looks its step up
        steps = [
            (MMDET.build(dict(type='LoadImageFromFile')), dict(img_path=path)),
            (MMDET.build(dict(type='InferencerLoader')), path),
            (MMPRETRAIN.build(dict(type='LoadImageFromFile')), dict(img_path=path)),
        ]
    return [step(given)['img'] for step, given in steps]


def agree(file) -> None:
    """Training, prediction and the doctor read the same pixels, of the size in the header."""
    ours = read_image(file)
    assert ours.dtype == np.uint8 and ours.shape == (*image_size(file)[::-1], 3)
    assert all(np.array_equal(ours, theirs) for theirs in readings(file))


@pytest.mark.parametrize('mode', ['RGB', 'RGBA', 'P', 'L', 'LA', '1', 'I;16', 'CMYK'])
def test_every_mode_is_read_alike(tmp_path, mode):
    file = tmp_path / ('a.jpg' if mode == 'CMYK' else 'a.png')
    if mode == 'I;16':
        Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257).save(file)
    else:
        Image.fromarray(PIXELS).convert(mode).save(file)
    with Image.open(file) as stored:
        assert stored.mode == mode
    agree(file)


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('suffix', ['jpg', 'png', 'tif', 'webp'])
def test_every_orientation_is_read_alike(tmp_path, suffix, orientation):
    """OpenCV applies it in all of these formats except WebP."""
    file = tmp_path / f'a.{suffix}'
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = Image.fromarray(PIXELS)
    stored.save(file, exif=exif, **({'lossless': True} if suffix == 'webp' else {}))
    agree(file)
    header = read_header(file)
    assert (header.orientation, header.applied) == (orientation, suffix != 'webp')
    assert header.stored_size == (80, 60)
    if suffix != 'jpg':
        seen = ImageOps.exif_transpose(Image.open(file)) if header.applied else stored
        assert np.array_equal(read_image(file)[..., ::-1], np.asarray(seen))


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
        return read_header(path, max_pixels)

    monkeypatch.setattr(image_cache, 'read_header', count)
    monkeypatch.setattr(image_cache, 'CACHE', tmp_path / 'cache/images.sqlite')
    return files


def sizes(*files, **kwargs):
    with HeaderCache() as cache:
        return [cache.header(file, **kwargs).size for file in files]


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
    image_cache.CACHE.parent.mkdir()
    image_cache.CACHE.write_bytes(content * 100)
    for _ in range(3):
        assert sizes(image) == [(80, 60)]
    assert len(read) == (2 if content else 1)


def test_without_a_folder_to_write_every_file_is_read(image, read, monkeypatch):
    monkeypatch.setattr(image_cache, 'CACHE', image / 'images.sqlite')
    assert sizes(image) == sizes(image) == [(80, 60)]
    assert len(read) == 2


def test_a_broken_cache_that_cannot_be_removed(image, read, monkeypatch):
    image_cache.CACHE.parent.mkdir()
    image_cache.CACHE.write_bytes(b'junk' * 100)

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
    with sqlite3.connect(image_cache.CACHE) as other:
        other.execute('begin exclusive')
        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, 'connect', lambda path: connect(path, timeout=0))
        assert sizes(image) == [(80, 60)]
