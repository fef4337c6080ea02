"""Image folders for a classifier, cut out of a detection data set in VOC layout."""

from pathlib import Path

import cv2
import numpy as np

from .annotation import has_area, read_annotation
from .files import ids_in, images_by_id, read_lines


def make_object_crops(
    voc: str | Path, out: str | Path, split: str, size: int = 64, margin: float = 0.15
) -> int:
    """Write ``<out>/<split>/<class>/<id>_<number>.jpg``, a square for each object of ``split``.

    Args:
        voc: The folder with ``JPEGImages``, ``Annotations`` and ``ImageSets/Main``.
        out: The folder for the crops; existing ones are written again.
        split: The name of the split file, without its suffix.
        size: The edge of the crops in pixels.
        margin: What is added around a box on each side, as a share of its longer edge.

    Returns:
        The number of crops.
    """
    voc = Path(voc)
    images = images_by_id(voc / 'JPEGImages')
    count = 0
    for image_id in ids_in(read_lines(voc / f'ImageSets/Main/{split}.txt')):
        image = cv2.imread(str(images[image_id][0]))
        _, objects = read_annotation(voc / f'Annotations/{image_id}.xml')
        for number, item in enumerate(objects):
            if not has_area(item.box):
                continue
            folder = Path(out, split, item.name)
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(
                str(folder / f'{image_id}_{number}.jpg'), _cut(image, item.box, size, margin)
            )
            count += 1
    return count


def _cut(image: np.ndarray, box: tuple, size: int, margin: float) -> np.ndarray:
    """The square around a box, (size, size, 3); the colours of the rim are repeated beyond it."""
    x1, y1, x2, y2 = box
    scale = size / (max(x2 - x1, y2 - y1) * (1 + 2 * margin))
    centre = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    affine = np.column_stack([np.eye(2) * scale, size / 2 - centre * scale])
    return cv2.warpAffine(image, affine, (size, size), borderMode=cv2.BORDER_REPLICATE)
