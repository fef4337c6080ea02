"""What lies in a VOC-layout folder: images, split files, annotations."""

import math
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

IMAGE_SUFFIXES = frozenset(
    '.bmp .dib .jpe .jpeg .jpg .jp2 .pbm .pgm .png .pnm .ppm .tif .tiff .webp'.split()
)


class VOCObject(NamedTuple):
    name: str
    box: tuple[float, float, float, float]  # xmin, ymin, xmax, ymax as written
    difficult: bool


def has_area(box: tuple[float, float, float, float]) -> bool:
    x1, y1, x2, y2 = box
    return x2 > x1 and y2 > y1


def images_by_id(folder: str | Path) -> dict[str, list[Path]]:
    """Every image below ``folder`` that cv2 reads, by its path there without the suffix.

    Of several images with one id the first is the one to read: the .jpg, which mmdet's own reader
    takes, or else the first by name.
    """
    folder = Path(folder)
    images: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob('*'), key=lambda path: (path.suffix != '.jpg', path)):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            images[path.relative_to(folder).with_suffix('').as_posix()].append(path)
    return dict(images)


def suffix_hint(image_id: str) -> str:
    """What to say of an id without an image that is written like a file name; else empty."""
    path = Path(image_id)
    written = path.suffix.lower() in IMAGE_SUFFIXES
    return f'an id has no suffix, write {path.with_suffix("")}; ' if written else ''


def read_ids(split_file: str | Path) -> list[str]:
    """Image ids of a split file, one a line; blank lines and spaces around do not count."""
    lines = Path(split_file).read_text(encoding='utf-8-sig', errors='replace').splitlines()
    return [line.strip() for line in lines if line.strip()]


def read_annotation(path: str | Path) -> tuple[tuple[int, int] | None, list[VOCObject]]:
    """Read ``Annotations/<id>.xml``.

    Returns:
        Width and height of the image in pixels, None where the file does not say; the objects.

    Raises:
        ValueError: what is wrong with the file.
    """
    try:
        root = ET.parse(path).getroot()
    except ET.ParseError as error:
        raise ValueError(f'broken XML: {error}') from error
    size = root.find('size')
    if size is not None:
        size = int(_number(size, 'width')), int(_number(size, 'height'))
    return size, [_read_object(node) for node in root.findall('object')]


def _read_object(node: ET.Element) -> VOCObject:
    return VOCObject(
        name=_text(node, 'name'),
        box=tuple(_number(node, f'bndbox/{key}') for key in ('xmin', 'ymin', 'xmax', 'ymax')),
        difficult=node.find('difficult') is not None and _number(node, 'difficult') != 0,
    )


def _text(node: ET.Element, path: str) -> str:
    text = node.findtext(path)
    if not text:
        raise ValueError(f'<{node.tag}> without <{path}>')
    return text


def _number(node: ET.Element, path: str) -> float:
    text = _text(node, path)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f'<{path}> is {text!r}, not a number')
    return number
