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
_USUAL = ('jpegimages', 'images')  # folders of photographs, not of masks or depth maps


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


def likely_images(
    found: list[Path], annotation: Path, folder: Path, split: str | None
) -> list[Path]:
    """Those of some images of one name that a file of annotations most likely means.

    That is one in the folder of the file, or else one that lies both in a folder with a usual name
    and in the nearest folder. It is never one of another split.

    Args:
        found: The images.
        annotation: The file.
        folder: The folder of the data.
        split: The split of the file.

    Returns:
        The images, which are several if none of them is more likely than the others.
    """

    def parts(path: Path) -> set[str]:
        return {part.lower() for part in path.relative_to(folder).parent.parts}

    if split:
        splits = [split_named(path.relative_to(folder).parent) for path in found]
        wanted = split if split in splits else None
        found = [path for path, of in zip(found, splits, strict=True) if of == wanted]
    beside = [path for path in found if path.parent == annotation.parent]
    named = ([path for path in found if name in parts(path)] for name in _USUAL)
    usual = next(filter(None, named), found)
    shared = {path: len(parts(path) & parts(annotation)) for path in found}
    return beside or [path for path in usual if shared[path] == max(shared.values())] or found


def several(images: list[Path], folder: Path) -> str:
    """What is wrong with a name that several images have."""
    names = ', '.join(path.relative_to(folder).as_posix() for path in images)
    return f'several images have this name: {names}'


def is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
