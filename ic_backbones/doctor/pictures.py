"""Pictures of the data as a training sees it: images as they are read, with their boxes."""

import random
import warnings
from pathlib import Path

import mmcv
import numpy as np
from mmdet.structures import DetDataSample
from mmdet.visualization import DetLocalVisualizer
from mmengine.structures import InstanceData
from tqdm import tqdm

from ..errors import writing
from .diagnosis import Diagnosis
from .records import Record


def draw_samples(diagnosis: Diagnosis, out: str | Path, number: int = 12) -> int:
    """Write ``<out>/<split>/<id>_boxes.jpg`` for some images of each split.

    With such a name a picture replaces none of the images, wherever they are.

    Up to half of them are images with problems; the others are chosen at random with a fixed seed.
    Boxes of unknown classes are left out, as in a training.

    Args:
        diagnosis: What was found in the data.
        out: The folder for the pictures.
        number: The number of images of each split.

    Returns:
        The number of pictures.

    Raises:
        InputError: A picture cannot be written.
    """
    troubled = {problem.file for problem in diagnosis.problems}
    chosen = [
        (split, record)
        for split, records in diagnosis.records.items()
        for record in _choose(records, troubled, number)
    ]
    visualizer = DetLocalVisualizer()
    visualizer.dataset_meta = dict(classes=diagnosis.classes, palette='random')
    for split, record in tqdm(chosen, 'drawing', unit='image', delay=1, disable=None):
        file = Path(out, split, f'{record.image_id}_boxes.jpg')
        with writing(file), warnings.catch_warnings():
            warnings.filterwarnings('ignore', '.*out of bounds')  # a problem of its own
            file.parent.mkdir(parents=True, exist_ok=True)
            visualizer.add_datasample(
                file.name,
                # read_image would refuse what a larger max_pixels of the data set has allowed
                mmcv.imread(record.image, channel_order='rgb', backend='cv2'),
                _sample(record, diagnosis.classes),
                draw_pred=False,
                out_file=str(file),
            )
    return len(chosen)


def _choose(records: list[Record], troubled: set[str], number: int) -> list[Record]:
    """Images that can be read, in the order of the split file."""
    sound = {record.image_id: record for record in records if record.seen and not record.fault}
    order = random.Random(0).sample(sorted(sound), len(sound))
    bad = [
        name for name in order if {str(sound[name].image), str(sound[name].annotation)} & troubled
    ]
    first = bad[: number // 2]
    chosen = {*first, *[name for name in order if name not in first][: number - len(first)]}
    return [record for name, record in sound.items() if name in chosen]


def _sample(record: Record, classes: tuple[str, ...]) -> DetDataSample:
    known = [item for item in record.objects if item.name in classes]
    boxes = np.array([item.box for item in known], np.float32).reshape(-1, 4)
    labels = np.array([classes.index(item.name) for item in known], int)
    return DetDataSample(gt_instances=InstanceData(bboxes=boxes, labels=labels))
