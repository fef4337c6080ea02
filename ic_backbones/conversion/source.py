"""A data set as it was found, whatever its layout."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..datasets.images import IMAGE_SUFFIXES
from ..datasets.voc.annotation import VOCObject

SPLITS = ('train', 'val', 'test')
# Such as train, train2017, training_set, valid, validation and test-dev; not valve or test_tube.
_SPLIT = re.compile(
    r'(train|val|test)(ing|id|idation)?([\W_]?(set|data|images?|labels?|split|dev))?[\W_]*\d*'
)


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


def split_named(folder: Path) -> str | None:
    """The split that the name of a folder, or of one above it, says; that of the outermost one."""
    return next(
        (match[1] for part in folder.parts if (match := _SPLIT.fullmatch(part.lower()))), None
    )


def split_in_name(file: Path) -> str | None:
    """The split that is a word in the name of a file, such as ``instances_train2017.json``."""
    words = re.findall('[a-z]+', file.stem.lower())
    splits = {match[1] for word in words if (match := _SPLIT.fullmatch(word))}
    return splits.pop() if len(splits) == 1 else None


def is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
