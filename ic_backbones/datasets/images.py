"""Image files: their size, and what is wrong with them, mostly without decoding them."""

import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from .regular_file import require_regular

MAX_PIXELS = 100_000_000  # 300 MB once decoded
_ENDS = {'JPEG': b'\xff\xd9', 'MPO': b'\xff\xd9', 'PNG': b'IEND\xaeB`\x82'}
_TURNED = (5, 6, 7, 8)  # the values of EXIF's orientation that exchange width and height


def image_size(path: str | Path, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Read the header of an image file and check that the file is complete.

    A JPEG or PNG file is complete if it ends with the end marker of its format. All others are
    decoded, but only after the number of pixels was checked.

    Args:
        path: The image file.
        max_pixels: The largest number of pixels. Above 178,956,970 Pillow refuses the image itself,
            unless ``PIL.Image.MAX_IMAGE_PIXELS`` is raised, too.

    Returns:
        Width and height in pixels, as cv2 reads them: an orientation in the file is applied.

    Raises:
        ValueError: The image cannot be read; the message says why, without the file's name.
    """
    if require_regular(path).st_size == 0:
        raise ValueError('is empty')
    try:
        with warnings.catch_warnings(), open(path, 'rb') as file:
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            image = Image.open(file)
            width, height = image.size
            if width * height > max_pixels:
                raise ValueError(
                    f'has {width}x{height} pixels, more than max_pixels={max_pixels} allows'
                )
            end = _ENDS.get(image.format)
            # cv2 turns no other format; and a PNG file without it would be decoded in search of it.
            exif = image.getexif() if end and 'exif' in image.info else {}
            file.seek(-len(end or ' '), 2)
            if file.read() != end:
                file.seek(0)
                Image.open(file).load()
    except Image.DecompressionBombError as error:
        raise ValueError(f'has too many pixels, above {2 * Image.MAX_IMAGE_PIXELS}') from error
    except Image.UnidentifiedImageError as error:
        raise ValueError('is not an image, or its header is broken') from error
    except ValueError:
        raise
    except Exception as error:  # broken data can make a decoder raise anything
        raise ValueError(f'is broken or truncated ({error})') from error
    turned = exif.get(ExifTags.Base.Orientation) in _TURNED
    return (height, width) if turned else (width, height)


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode an image file into a BGR image, uint8 of shape (height, width, 3).

    Args:
        path: The image file.
        max_pixels: The largest number of pixels; see :func:`image_size`.

    Raises:
        ValueError: The image cannot be read; the message says why, without the file's name.
    """
    image_size(path, max_pixels)
    image = cv2.imread(str(path))
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
