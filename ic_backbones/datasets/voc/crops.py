"""Image folders for a classifier, cut out of a detection data set in VOC layout."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from ...errors import InputError, writing
from ..images import read_image, write_image
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
        size: The edge of the crops in pixels, at least 1.
        margin: What is added around a box on each side, as a share of its longer edge.

    Returns:
        The number of crops.

    Raises:
        InputError: A file is missing or broken, a class has a name that no folder can have,
            ``out`` cannot be written, or a number is out of range.
    """
    if size < 1 or not margin >= 0:
        raise InputError(
            f'size {size}, margin {margin}: out of range; give a size of 1 or more and a margin of '
            '0 or more'
        )
    voc = Path(voc)
    if not (voc / 'JPEGImages').is_dir():
        raise InputError(f'{voc}: holds no JPEGImages/; put a data set in VOC layout there')
    images = images_by_id(voc / 'JPEGImages')
    count = 0
    ids = ids_in(read_lines(voc / f'ImageSets/Main/{split}.txt'))
    for image_id in tqdm(ids, 'cutting out objects', unit='image', delay=1, disable=None):
        file, *_ = images.get(image_id, [voc / f'JPEGImages/{image_id}.*'])
        annotation = voc / f'Annotations/{image_id}.xml'
        image = _read(read_image, file)
        _, objects = _read(read_annotation, annotation)
        for number, item in enumerate(objects):
            if not has_area(item.box):
                continue
            folder = Path(out, split, item.name)
            if item.name == '..' or folder.name != item.name:
                raise InputError(
                    f'{annotation}: the class {item.name!r} cannot name a folder; rename it'
                )
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                crop = _cut(image, item.box, size, margin)
                write_image(folder / f'{image_id.replace("/", "_")}_{number}.jpg', crop)
            count += 1
    return count


def _read(read: Callable, file: Path):
    try:
        return read(file)
    except ValueError as error:
        raise InputError(f'{file}: {error}; check the data with tools/check_dataset.py') from error


def _cut(image: np.ndarray, box: tuple, size: int, margin: float) -> np.ndarray:
    """The square around a box, (size, size, 3); the colours of the rim are repeated beyond it."""
    x1, y1, x2, y2 = box
    scale = size / (max(x2 - x1, y2 - y1) * (1 + 2 * margin))
    centre = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    affine = np.column_stack([np.eye(2) * scale, size / 2 - centre * scale])
    return cv2.warpAffine(image, affine, (size, size), borderMode=cv2.BORDER_REPLICATE)
