"""Image folders for a classifier, cut out of a detection set in VOC layout."""

from pathlib import Path

import cv2
import numpy as np

from .voc_files import has_area, images_by_id, read_annotation, read_ids


def make_object_crops(
    voc: str | Path, out: str | Path, split: str, size: int = 64, margin: float = 0.15
) -> int:
    """Write ``<out>/<split>/<class>/<id>_<number>.jpg``, a square for each object of ``split``.

    Args:
        voc: Folder with ``JPEGImages``, ``Annotations`` and ``ImageSets/Main``.
        out: Folder of the crops; those that are there are written again.
        split: Name of the split file.
        size: Edge of the crops in pixels.
        margin: What is added around a box, as a share of its longer edge, on each side.

    Returns:
        How many there are.
    """
    voc = Path(voc)
    images = images_by_id(voc / 'JPEGImages')
    count = 0
    for image_id in read_ids(voc / f'ImageSets/Main/{split}.txt'):
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
    """The square around a box, (size, size, 3); past the rim, the rim's colours are repeated."""
    x1, y1, x2, y2 = box
    scale = size / (max(x2 - x1, y2 - y1) * (1 + 2 * margin))
    centre = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    affine = np.column_stack([np.eye(2) * scale, size / 2 - centre * scale])
    return cv2.warpAffine(image, affine, (size, size), borderMode=cv2.BORDER_REPLICATE)
