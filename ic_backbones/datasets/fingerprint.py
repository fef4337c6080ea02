"""Which image files show the same picture, also after compression, scaling or a small crop.

The perceptual hash is pHash: the signs of the low frequencies of a small grey picture, relative to
their median (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010).
"""

from collections.abc import Iterator, Sequence
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from .images import MAX_PIXELS, Header, read_header, read_image

BITS = 256
NEAR = 40  # bits; two unrelated pictures differ in about half of them
_EDGE, _KEPT = 64, 16  # pixels of the small picture, and frequencies along an axis
_FLAT = 2.0  # standard deviation in grey levels below which a picture has no content to compare


class Fingerprint(NamedTuple):
    """What identifies an image file.

    Attributes:
        header: Its size and orientation.
        digest: The MD5 digest of the file.
        hash: The perceptual hash; empty for a picture of a single colour.
    """

    header: Header
    digest: str = ''
    hash: bytes = b''


def read_fingerprint(path: str | Path, max_pixels: int = MAX_PIXELS) -> Fingerprint:
    """Decode an image file, to be sure that it can be decoded, and identify it.

    Raises:
        ValueError: The image cannot be read; the message says why, without the file's name.
    """
    header = read_header(path, max_pixels)
    image = read_image(path, max_pixels)
    digest = md5(Path(path).read_bytes(), usedforsecurity=False).hexdigest()
    return Fingerprint(header._replace(size=image.shape[1::-1]), digest, perceptual_hash(image))


def perceptual_hash(image: np.ndarray) -> bytes:
    """The hash of a BGR image, uint8 of shape (height, width, 3): 256 bits, or none if it is flat.

    Turned or mirrored pictures have other hashes.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, (_EDGE, _EDGE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if grey.std() < _FLAT:
        return b''
    low = cv2.dct(grey)[:_KEPT, :_KEPT].ravel()
    return np.packbits(low > np.median(low)).tobytes()


def near_pairs(ours: Sequence[bytes], theirs: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """The pairs of near-duplicates between two lists of perceptual hashes.

    Returns:
        The index in ``ours``, the index in ``theirs``, and the number of bits that differ, at most
        ``NEAR``. Pictures without a hash are in no pair.
    """
    rows, columns = (
        [index for index, item in enumerate(hashes) if item] for hashes in (ours, theirs)
    )
    if not rows or not columns:
        return
    query = np.frombuffer(b''.join(ours[index] for index in rows), np.uint8)
    train = np.frombuffer(b''.join(theirs[index] for index in columns), np.uint8)
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    for start in range(0, len(rows), 256):  # radiusMatch keeps all distances of a call
        part = query.reshape(len(rows), -1)[start : start + 256]
        for found in matcher.radiusMatch(part, train.reshape(len(columns), -1), NEAR):
            for match in found:
                pair = rows[start + match.queryIdx], columns[match.trainIdx]
                yield *pair, int(match.distance)
