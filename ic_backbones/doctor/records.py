"""What one line of a split file stands for: an image and its annotation."""

from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path

import cv2
import numpy as np

from ..datasets.voc.annotation import VOCObject, read_annotation
from ..datasets.voc.splits import Split


@dataclass
class Record:
    """An image and its annotation, as they were found.

    Attributes:
        image_id: The line in the split file.
        image: The image file, or None where there is none.
        size: Its width and height in pixels, or None where it cannot be decoded.
        digest: The MD5 digest of the image file, or an empty string.
        annotation: The annotation file, which need not exist.
        written_size: Width and height as the annotation states them, or None.
        objects: The objects in the annotation, with boxes as the reader sees them.
        others: Further image files with the same id, which are not read.
        fault: Why the annotation cannot be read, or an empty string.
    """

    image_id: str
    image: Path | None
    size: tuple[int, int] | None
    digest: str
    annotation: Path
    written_size: tuple[int, int] | None = None
    objects: list[VOCObject] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    fault: str = ''


def read_record(split: Split, image_id: str, images: dict[str, list[Path]]) -> Record:
    """Read one image and its annotation.

    Args:
        split: The split that lists the image.
        image_id: The id of the image.
        images: The image files by id, from ``images_by_id``.
    """
    image, *others = images.get(image_id, [None])
    content = image.read_bytes() if image else b''
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    record = Record(
        image_id=image_id,
        image=image,
        others=others,
        size=None if pixels is None else pixels.shape[1::-1],
        digest=md5(content, usedforsecurity=False).hexdigest() if content else '',
        annotation=split.annotations / f'{image_id}.xml',
    )
    try:
        record.written_size, objects = read_annotation(record.annotation)
    except FileNotFoundError:
        record.fault = 'there is no such file'
    except (OSError, ValueError) as error:
        record.fault = str(error)
    else:
        record.objects = [item._replace(box=split.as_read(item.box)) for item in objects]
    return record
