"""What one line of a split file stands for: an image and its annotation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path

from ..datasets.images import read_image
from ..datasets.voc.annotation import VOCObject, read_annotation
from ..datasets.voc.splits import Split

Examine = Callable[[Path, int], tuple[tuple[int, int], str]]


@dataclass
class Record:
    """An image and its annotation, as they were found.

    Attributes:
        image_id: The line in the split file.
        image: The image file, or None where there is none.
        annotation: The annotation file, which need not exist.
        size: Width and height of the image in pixels, or None where it cannot be read.
        digest: The MD5 digest of the image file, or an empty string.
        image_fault: Why the image cannot be read, or an empty string.
        others: Further image files with the same id, which are not read.
        written_size: Width and height as the annotation states them, or None.
        objects: The objects in the annotation, with boxes as the reader sees them.
        relative: Whether all boxes are written within 0..1.
        fault: Why the annotation cannot be read, or an empty string.
    """

    image_id: str
    image: Path | None
    annotation: Path
    size: tuple[int, int] | None = None
    digest: str = ''
    image_fault: str = ''
    others: list[Path] = field(default_factory=list)
    written_size: tuple[int, int] | None = None
    objects: list[VOCObject] = field(default_factory=list)
    relative: bool = False
    fault: str = ''


def decode(image: Path, max_pixels: int) -> tuple[tuple[int, int], str]:
    """Decode an image to be sure that it can be decoded.

    Returns:
        Width and height in pixels, and the MD5 digest of the file.

    Raises:
        ValueError: The image cannot be read.
    """
    height, width = read_image(image, max_pixels).shape[:2]
    return (width, height), md5(image.read_bytes(), usedforsecurity=False).hexdigest()


def read_record(
    split: Split, image_id: str, images: dict[str, list[Path]], examine: Examine = decode
) -> Record:
    """Read one image and its annotation.

    Args:
        split: The split that lists the image.
        image_id: The id of the image.
        images: The image files by id, from ``images_by_id``.
        examine: Returns the size and the digest of an image file, like :func:`decode`.
    """
    image, *others = images.get(image_id, [None])
    record = Record(image_id, image, split.annotations / f'{image_id}.xml', others=others)
    try:
        if image:
            record.size, record.digest = examine(image, split.max_pixels)
    except ValueError as error:
        record.image_fault = str(error)
    try:
        record.written_size, objects = read_annotation(record.annotation)
    except ValueError as error:
        record.fault = str(error)
    else:
        record.relative = bool(objects) and all(
            0 <= edge <= 1 for item in objects for edge in item.box
        )
        record.objects = [item._replace(box=split.as_read(item.box)) for item in objects]
    return record
