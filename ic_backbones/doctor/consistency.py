"""Checks for mixed-up conventions: of sizes and orientations, of boxes, and of names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from .problems import Kind, Problem, quoted
from .records import Record

_ORIENTATIONS = {
    2: 'mirrored',
    3: 'rotated by 180 degrees',
    4: 'mirrored and rotated by 180 degrees',
    5: 'mirrored and rotated by 270 degrees',
    6: 'rotated by 90 degrees',
    7: 'mirrored and rotated by 90 degrees',
    8: 'rotated by 270 degrees',
}


def check_size(record: Record) -> Iterator[Problem]:
    """Whether the annotation states the size of the image, and was made for the image as read."""
    if record.seen is None:
        return
    header, written = record.seen.header, record.written_size
    turned = _ORIENTATIONS.get(header.orientation)
    if turned:
        turned = f'EXIF orientation {header.orientation}, {turned}'
    if turned and not header.applied:
        message = f'{turned}, which viewers apply, but training and prediction do not'
        yield Problem(Kind.ORIENTATION, str(record.image), message)
    elif turned and (header.stored_size == header.size or written is None):
        message = f'{turned}, is applied when the image is read; were the boxes drawn before that?'
        yield Problem(Kind.ORIENTATION, str(record.image), message)
    elif turned and written == header.stored_size:
        message = f'{turned}, is applied when the image is read, but the boxes were drawn before'
        yield Problem(Kind.BOXES_BEFORE_TURN, str(record.image), message)
        return
    if written and header.size != written:
        said, real = ('{}x{}'.format(*size) for size in (written, header.size))
        message = f'says {said}, but the image is {real}'
        yield Problem(Kind.OTHER_SIZE, str(record.annotation), message)


def check_names(
    file: str, found: Counter, classes: Sequence[str], chosen: bool
) -> Iterator[Problem]:
    """Whether names that differ only in case, spaces, hyphens or underscores count as different.

    Args:
        file: The split file or folder that has the objects.
        found: The number of objects by name.
        classes: The classes of the data set.
        chosen: Whether the user has listed the classes, so that similar ones are intended.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        alike[_plain(name)].append(name)
    for name, count in found.items():
        if name not in classes and alike.get(_plain(name)):
            message = f'{count} objects are named {name!r}, but the class is '
            yield Problem(Kind.SIMILAR_NAME, file, message + quoted(alike[_plain(name)]))
    for names in alike.values():
        if len(names) > 1 and not chosen:
            counts = ', '.join(f'{name!r} ({found[name]} objects)' for name in names)
            yield Problem(Kind.SIMILAR_NAME, file, f'{counts} are taken for different classes')


def _plain(name: str) -> str:
    return re.sub(r'[\s_-]+', '', name).casefold()


def check_extents(file: str, records: list[Record]) -> Iterator[Problem]:
    """Whether the boxes are written as a corner, a width and a height.

    They are if a third of them, and at least two, end before they begin, and all of them fit into
    their images as widths and heights.
    """
    sized = [(item.box, one.size) for one in records if one.size for item in one.objects]
    reversed_ = sum(x2 < x1 or y2 < y1 for (x1, y1, x2, y2), _ in sized)
    fit = all(
        x1 + x2 <= width + 1 and y1 + y2 <= height + 1
        for (x1, y1, x2, y2), (width, height) in sized
    )
    if fit and reversed_ >= max(2, len(sized) / 3):
        message = f'{reversed_} of {len(sized)} boxes end before they begin, but all fit as widths '
        yield Problem(Kind.WIDTH_AND_HEIGHT, file, f'{message}and heights')
