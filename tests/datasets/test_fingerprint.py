"""Copies of a picture are found by their content, and pictures that differ are not."""

import cv2
import numpy as np
import pytest

from ic_backbones.datasets import image_cache
from ic_backbones.datasets.fingerprint import (
    NEAR,
    near_pairs,
    perceptual_hash,
    read_fingerprint,
)
from ic_backbones.datasets.image_cache import FingerprintCache
from ic_backbones.datasets.voc.shapes import draw

DRAWN = [draw(np.random.RandomState([0, index]))[0] for index in range(30)]


def distance(first: bytes, second: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(first, second, strict=True))


def compressed(image):
    return cv2.imdecode(cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 1)


@pytest.mark.parametrize(
    'change',
    [
        compressed,
        lambda image: cv2.resize(image, None, fx=0.5, fy=0.5),
        lambda image: cv2.convertScaleAbs(image, alpha=1.2, beta=10),
        lambda image: image[2:, 2:],
    ],
)
def test_copies_are_near_and_other_pictures_are_not(change):
    hashes = [perceptual_hash(image) for image in DRAWN]
    copies = [perceptual_hash(change(image)) for image in DRAWN]
    found = {(row, column) for row, column, _ in near_pairs(hashes, copies)}
    assert found == {(index, index) for index in range(len(DRAWN))}


def test_pairs_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    first = [rng.bytes(32) for _ in range(300)]  # more than radiusMatch gets at once
    second = [bytes([item[0] ^ 7, *item[1:]]) for item in first[::7]] + [rng.bytes(32)]
    first[5] = second[2] = b''
    expected = [
        (row, column, bits)
        for row, a in enumerate(first)
        for column, b in enumerate(second)
        if a and b and (bits := distance(a, b)) <= NEAR
    ]
    assert len(expected) == 42
    assert sorted(near_pairs(first, second)) == expected
    assert list(near_pairs([b''], first)) == []


def test_a_flat_picture_is_like_no_other():
    assert perceptual_hash(np.full((30, 40, 3), 90, np.uint8)) == b''


def test_a_file_is_decoded_only_once(tmp_path, monkeypatch):
    file = tmp_path / 'a.png'
    cv2.imwrite(str(file), DRAWN[0])
    expected = read_fingerprint(file)
    assert expected.header.size == (192, 160) and len(expected.digest) == len(expected.hash) == 32
    monkeypatch.setattr(image_cache, 'CACHE', tmp_path / 'images.sqlite')
    for _ in range(2):
        with FingerprintCache() as cache:
            assert cache.fingerprint(file) == expected
        monkeypatch.setattr(image_cache, 'read_fingerprint', None)
    with FingerprintCache() as cache, pytest.raises(TypeError):
        cache.fingerprint(file, max_pixels=5)
