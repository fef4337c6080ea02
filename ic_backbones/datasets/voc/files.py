"""The image files and split files of a folder in VOC layout."""

from collections import defaultdict
from pathlib import Path

from ...errors import InputError
from ..regular_file import require_regular

LAYOUT = 'JPEGImages/, Annotations/ and ImageSets/Main/'
IMAGE_SUFFIXES = frozenset(
    '.bmp .dib .jpe .jpeg .jpg .jp2 .pbm .pgm .png .pnm .ppm .tif .tiff .webp'.split()
)
_LONGEST_ID = 1000


def images_by_id(folder: str | Path) -> dict[str, list[Path]]:
    """All image files below ``folder`` that cv2 reads, by image id.

    The id of an image is its path below ``folder`` without the suffix. Where several files share an
    id, the first one is read: the .jpg file, as in mmdet's own reader, or else the first by name.
    """
    folder = Path(folder)
    images: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob('*'), key=lambda path: (path.suffix != '.jpg', path)):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            images[path.relative_to(folder).with_suffix('').as_posix()].append(path)
    return dict(images)


def missing_image(image_id: str) -> str:
    """What is wrong with an id that has no image file."""
    path = Path(image_id)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return f'an id has no suffix, so the line must be {path.with_suffix("")}'
    return 'there is no image with this id'


def read_lines(split_file: str | Path) -> list[str]:
    """The lines of a split file as they stand there.

    Raises:
        InputError: The file is missing, is not a text file in UTF-8, or has a line that is too long
            for an image id.
    """
    try:
        require_regular(split_file)
        text = Path(split_file).read_text(encoding='utf-8')
    except UnicodeDecodeError as error:
        raise InputError(f'{split_file}: is not a text in UTF-8; save it as UTF-8') from error
    except (OSError, ValueError) as error:
        raise InputError(f'{split_file}: {error}; give a text file of image ids') from error
    if '\0' in text:
        raise InputError(f'{split_file}: is not a text in UTF-8; save it as UTF-8')
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST_ID:
            raise InputError(
                f'{split_file}: line {number} has {len(line)} characters, which is too long for an '
                'image id; write one id on each line'
            )
    return lines


def ids_in(lines: list[str]) -> list[str]:
    """The image ids in the lines of a split file; blank lines and spaces around ids are ignored."""
    ids = (line.removeprefix('\ufeff').strip() for line in lines)
    return [image_id for image_id in ids if image_id]
