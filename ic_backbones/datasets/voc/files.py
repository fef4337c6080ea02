"""The image files and split files of a folder in VOC layout."""

import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import defaultdict
from collections.abc import Iterator
from glob import escape
from pathlib import Path

from ...errors import InputError
from ...regular_file import require_regular
from ..images import IMAGE_SUFFIXES

LAYOUT = 'JPEGImages/, Annotations/ and ImageSets/Main/'
_LONGEST_ID = 1000


def files_below(folder: str | Path, above: tuple = ()) -> Iterator[Path]:
    """All files and folders below ``folder``, also in linked folders; a circle of links ends."""
    status = os.stat(folder)
    place = status.st_dev, status.st_ino
    if place in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            yield Path(entry.path)
            if os.path.isdir(entry.path):
                yield from files_below(entry.path, (*above, place))


def images_by_id(folder: str | Path) -> dict[str, list[Path]]:
    """All image files below ``folder`` that cv2 reads, by image id.

    The id of an image is its path below ``folder`` without the suffix. Where several files share an
    id, the first one is read: the .jpg file, as in mmdet's own reader, or else the first by name.
    """
    folder = Path(folder)
    images: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(files_below(folder), key=lambda path: (path.suffix != '.jpg', path)):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            images[path.relative_to(folder).with_suffix('').as_posix()].append(path)
    return dict(images)


def missing_image(image_id: str, images: dict[str, list[Path]], folder: Path) -> str:
    """What is wrong with an id that has no image file, and if that is clear, what it should be.

    Args:
        image_id: The line in the split file.
        images: All images by id, from :func:`images_by_id`.
        folder: The folder with the images.
    """
    words = image_id.split()
    if len(words) == 2 and words[0] in images and words[1] in ('-1', '0', '1'):
        return (
            f"the line '{image_id}' has a second column, as VOC's lists of one class have; it must "
            f'be {words[0]}'
        )
    for known in _shorter(image_id):
        if known in images:
            return f'an id is a path below {folder.name}/ without suffix, so it must be {known}'
    lower = image_id.lower()
    for known in images:
        if known.endswith(f'/{image_id}') or known.lower() == lower:
            return f'there is no image with this id, but one with the id {known}'
    relative = Path(image_id)
    if not relative.is_absolute() and '..' not in relative.parts:
        others = (folder / relative).parent.glob(f'{escape(relative.name)}.*')
        for path in sorted(others):
            return f'{path.name} is in a format that is not read, so save it as JPEG or PNG'
    return 'there is no image with this id'


def _shorter(image_id: str) -> Iterator[str]:
    """An id without its leading folders, without its suffix, or without both."""
    parts = Path(image_id).parts
    for start in range(len(parts)):
        tail = Path(*parts[start:])
        yield tail.as_posix()
        if tail.suffix.lower() in IMAGE_SUFFIXES:
            yield tail.with_suffix('').as_posix()


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
        utf16 = Path(split_file).read_bytes()[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)
        fault = 'is UTF-16 text' if utf16 else 'is not UTF-8 text'
        raise InputError(f'{split_file}: {fault}; save it as UTF-8') from error
    except (OSError, ValueError) as error:
        raise InputError(f'{split_file}: {error}; give a text file of image ids') from error
    if '\0' in text:
        raise InputError(f'{split_file}: is not UTF-8 text; save it as UTF-8')
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
