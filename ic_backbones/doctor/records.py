"""What one line of a split file stands for: an image and its annotation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..datasets.fingerprint import Fingerprint
from ..datasets.voc.annotation import VOCObject, read_annotation
from ..datasets.voc.files import missing_image
from ..datasets.voc.splits import Split

Examine = Callable[[Path, int], Fingerprint]


@dataclass
class Record:
    """An image and its annotation, as they were found.

    Attributes:
        image_id: The line in the split file.
        image: The image file, or None where there is none.
        annotation: The annotation file, which need not exist.
        seen: Size, orientation and content of the image, or None where it cannot be read.
        image_fault: Why the image is missing or cannot be read, or an empty string.
        others: Further image files with the same id, which are not read.
        written_size: Width and height as the annotation states them, or None.
        objects: The objects in the annotation, with boxes as the reader sees them.
        relative: Whether all boxes are written within 0..1.
        fault: Why the annotation cannot be read, or an empty string.
    """

    image_id: str
    image: Path | None
    annotation: Path
    seen: Fingerprint | None = None
    image_fault: str = ''
    others: list[Path] = field(default_factory=list)
    written_size: tuple[int, int] | None = None
    objects: list[VOCObject] = field(default_factory=list)
    relative: bool = False
    fault: str = ''

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the image as it is read, in pixels."""
        return self.seen and self.seen.header.size


def read_record(
    split: Split, image_id: str, images: dict[str, list[Path]], examine: Examine
) -> Record:
    """Read one image and its annotation.

    Args:
        split: The split that lists the image.
        image_id: The id of the image.
        images: The image files by id, from ``images_by_id``.
        examine: Returns the fingerprint of an image file, or raises a ValueError.
    """
    image, *others = images.get(image_id, [None])
    record = Record(image_id, image, split.annotations / f'{image_id}.xml', others=others)
    try:
        if image:
            record.seen = examine(image, split.max_pixels)
        else:
            record.image_fault = missing_image(image_id, images, split.images)
    except ValueError as error:
        record.image_fault = str(error)
    try:
        record.written_size, objects = read_annotation(
            record.annotation, strict=not split.any_suffix
        )
    except ValueError as error:
        record.fault = str(error)
    else:
        record.relative = bool(objects) and all(
            0 <= edge <= 1 for item in objects for edge in item.box
        )
        record.objects = [item._replace(box=split.as_read(item.box)) for item in objects]
    return record
