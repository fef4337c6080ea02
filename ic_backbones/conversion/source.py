"""A data set as it was found, whatever its layout."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..datasets.voc.annotation import VOCObject
from ..datasets.voc.files import IMAGE_SUFFIXES

SPLITS = ('train', 'val', 'test')


class Broken(NamedTuple):
    """A file that cannot be used, and why."""

    file: Path
    fault: str


@dataclass
class Picture:
    """An image with its objects.

    Attributes:
        image: The image file.
        name: Its path below the folder of the data, without the suffix.
        objects: The objects, with boxes in pixels.
        relative: Whether the boxes are shares of the width and the height of the image instead.
        split: 'train', 'val' or 'test' if the source says so.
        size: Width and height of the image, if the source states them.
    """

    image: Path
    name: str
    objects: list[VOCObject] = field(default_factory=list)
    relative: bool = False
    split: str | None = None
    size: tuple[int, int] | None = None


@dataclass
class Source:
    """A data set as it was found.

    Attributes:
        layout: 'VOC', 'COCO' or 'YOLO'.
        classes: The names of the classes, in the order of the source.
        pictures: The images.
        broken: Files that cannot be used.
    """

    layout: str
    classes: list[str]
    pictures: list[Picture] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def split_named(path: Path) -> str | None:
    """The split that the name of a file, or of one of its folders, begins with."""
    for part in reversed(path.parts):
        words = part.lower().replace('instances_', '')
        for split in SPLITS:
            if words.startswith(split):
                return split
    return None


def is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
