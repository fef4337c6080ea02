"""Image files: their size, and what is wrong with them, mostly without decoding them."""

import warnings
from pathlib import Path
from typing import NamedTuple

import cv2
import mmcv
import numpy as np
from PIL import ExifTags, Image

from ..regular_file import require_regular

IMAGE_SUFFIXES = frozenset(
    '.bmp .dib .jpe .jpeg .jpg .jp2 .pbm .pgm .png .pnm .ppm .tif .tiff .webp'.split()
)
MAX_PIXELS = 100_000_000  # 300 MB once decoded
_ENDS = {'JPEG': b'\xff\xd9', 'MPO': b'\xff\xd9', 'PNG': b'IEND\xaeB`\x82'}
_BEGINNINGS = (b'\xff\xd8\xff', b'\x89PNG')
_APPLIED = (*_ENDS, 'TIFF')  # the formats that cv2 turns as EXIF's orientation says
_TURNED = (5, 6, 7, 8)  # the values of EXIF's orientation that exchange width and height


class Header(NamedTuple):
    """What the header of an image file says.

    Attributes:
        size: Width and height in pixels, as cv2 reads them: an orientation in the file is applied.
        orientation: EXIF's orientation, which is 1 for an image that is stored upright.
        applied: Whether cv2 applies the orientation, which depends on the format of the file.
    """

    size: tuple[int, int]
    orientation: int = 1
    applied: bool = True

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height before the image is turned."""
        turned = self.applied and self.orientation in _TURNED
        return self.size[::-1] if turned else self.size


def read_header(path: str | Path, max_pixels: int = MAX_PIXELS) -> Header:
    """Read the header of an image file and check that the file is complete.

    A JPEG or PNG file is complete if it ends with the end marker of its format. All others are
    decoded, but only after the number of pixels was checked.

    Args:
        path: The image file.
        max_pixels: The largest number of pixels. Above 178,956,970 Pillow refuses the image itself,
            unless ``PIL.Image.MAX_IMAGE_PIXELS`` is raised, too.

    Raises:
        ValueError: The image cannot be read; the message says why, without the file's name.
    """
    if require_regular(path).st_size == 0:
        raise ValueError('is empty')
    end = None
    try:
        with warnings.catch_warnings(), open(path, 'rb') as file:
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            image = Image.open(file)
            size = _stored_size(image)
            if size[0] * size[1] > max_pixels:
                raise ValueError(
                    f'has {size[0]}x{size[1]} pixels, more than max_pixels={max_pixels} allows'
                )
            end = _ENDS.get(image.format)
            # A PNG file without it would be decoded in search of it.
            exif = image.getexif() if 'exif' in image.info or image.format == 'TIFF' else {}
            file.seek(-len(end or ' '), 2)
            if file.read() != end:
                file.seek(0)
                Image.open(file).load()
    except Image.DecompressionBombError as error:
        limit = 2 * Image.MAX_IMAGE_PIXELS
        raise ValueError(f"has too many pixels, above Pillow's limit of {limit}") from error
    except ValueError:
        raise
    except Exception as error:  # broken data can make a decoder raise anything
        raise ValueError(_fault(path, error, whole_header=end is not None)) from error
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    header = Header(size, orientation, image.format in _APPLIED)
    return header._replace(size=header.stored_size)


def _stored_size(image: Image.Image) -> tuple[int, int]:
    """The size before turning; recent versions of Pillow state that of a TIFF file after it."""
    if image.format == 'TIFF':
        return tuple(image.tag_v2[tag] for tag in (ExifTags.Base.ImageWidth, 257))
    return image.size


def _fault(path: str | Path, error: Exception, whole_header: bool) -> str:
    if whole_header:
        return 'is truncated'
    with open(path, 'rb') as file:
        if file.read(4).startswith(_BEGINNINGS):
            return 'is truncated or broken in its header'
    if isinstance(error, Image.UnidentifiedImageError):
        return 'is not an image, or its header is broken'
    return f'is broken or truncated ({error})'


def image_size(path: str | Path, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """The size in the header; :func:`read_header` lists the errors."""
    return read_header(path, max_pixels).size


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode an image file as mmdet and mmpretrain do in training and prediction.

    Grey images, palettes, transparency, 16 bits and CMYK all become BGR with 8 bits; an orientation
    in a JPEG, PNG or TIFF file is applied.

    Args:
        path: The image file.
        max_pixels: The largest number of pixels; see :func:`read_header`.

    Returns:
        A BGR image, uint8 of shape (height, width, 3).

    Raises:
        ValueError: The image cannot be read; the message says why, without the file's name.
    """
    image_size(path, max_pixels)
    image = mmcv.imfrombytes(Path(path).read_bytes(), flag='color', backend='cv2')
    if image is None:
        raise ValueError('cannot be decoded')
    return image


def write_image(path: str | Path, image: np.ndarray, *options: int) -> None:
    """Write an image file in the format of its suffix.

    Args:
        path: The image file.
        image: A BGR image, uint8 of shape (height, width, 3).
        options: The options of ``cv2.imencode``.

    Raises:
        OSError: The file cannot be written; ``cv2.imwrite`` would return False.
    """
    Path(path).write_bytes(cv2.imencode(Path(path).suffix, image, options)[1])
