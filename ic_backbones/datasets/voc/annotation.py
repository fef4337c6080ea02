"""The annotation of one image in VOC layout, ``Annotations/<id>.xml``."""

import math
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from ...regular_file import require_regular

_LONGEST = 200  # characters of a name or a number
_TEXT = re.compile(r'[\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+')


class VOCObject(NamedTuple):
    """An object in an image.

    Attributes:
        name: The name of its class.
        box: Its edges xmin, ymin, xmax, ymax in pixels, as they are written.
        difficult: Whether it is marked difficult.
    """

    name: str
    box: tuple[float, float, float, float]
    difficult: bool


def has_area(box: tuple[float, float, float, float]) -> bool:
    """Whether a box has a width and a height above 0."""
    x1, y1, x2, y2 = box
    return x2 > x1 and y2 > y1


def is_text(text: str) -> bool:
    """Whether XML can hold a text, which has no control characters and is not empty."""
    return _TEXT.fullmatch(text) is not None


def is_class_name(text: str) -> bool:
    """Whether a text can be the ``<name>`` of an object."""
    return is_text(text) and not text.isspace() and len(text) <= _LONGEST


def read_file_name(path: str | Path) -> str:
    """The name of the image file that an annotation states, or an empty string.

    Raises:
        ValueError: The file is not XML; the message says why, without the file's name.
    """
    return _root(path).findtext('filename') or ''


def read_annotation(
    path: str | Path, strict: bool = False
) -> tuple[tuple[int, int] | None, list[VOCObject]]:
    """Read an annotation file.

    Args:
        path: The file.
        strict: Whether an empty ``<difficult>``, or ``Unspecified`` in it, is an error, as it is
            for mmdet's own data sets; otherwise the object is not difficult.

    Returns:
        The width and height of the image in pixels, or None where the file does not state them, and
        the objects.

    Raises:
        ValueError: The file is not a VOC annotation; the message says why, without the file's name.
    """
    root = _root(path)
    namespace, _, tag = root.tag.removeprefix('{').rpartition('}')
    if namespace and tag == 'annotation':
        raise ValueError(f'<annotation> has xmlns={namespace[:_LONGEST]!r}, which must be removed')
    if root.tag != 'annotation':
        raise ValueError(f'the root element is <{root.tag[:_LONGEST]}> instead of <annotation>')
    size = root.find('size')
    if size is not None:
        size = int(_number(size, 'width')), int(_number(size, 'height'))
    nodes = root.findall('object')
    if sum(node.tag.rpartition('}')[2] == 'object' for node in root.iter()) > len(nodes):
        raise ValueError('an <object> is in a namespace, or not directly below <annotation>')
    return size, [_read_object(node, strict) for node in nodes]


def _root(path: str | Path) -> ET.Element:
    require_regular(path)
    try:
        return ET.parse(path).getroot()
    except (ET.ParseError, LookupError, OSError, ValueError) as error:  # LookupError: the encoding
        raise ValueError(f'broken XML ({error})') from error


def _read_object(node: ET.Element, strict: bool) -> VOCObject:
    box = node.find('bndbox')
    tags = set() if box is None else {child.tag for child in box}
    if {'width', 'height'} <= tags and not {'xmax', 'ymax'} & tags:
        raise ValueError('<bndbox> has <width> and <height> in place of <xmax> and <ymax>')
    return VOCObject(
        name=_text(node, 'name'),
        box=tuple(_number(node, f'bndbox/{key}') for key in ('xmin', 'ymin', 'xmax', 'ymax')),
        difficult=_is_difficult(node, strict),
    )


def _is_difficult(node: ET.Element, strict: bool) -> bool:
    text = node.findtext('difficult')
    if text is None or (not strict and text.strip() in ('', 'Unspecified')):
        return False
    return _number(node, 'difficult') != 0


def _text(node: ET.Element, path: str) -> str:
    text = node.findtext(path)
    if not text:
        raise ValueError(f'<{node.tag}> without <{path}>')
    if len(text) > _LONGEST:
        raise ValueError(f'<{path}> has {len(text)} characters')
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
