"""What a detector found in each image of a test, next to what is there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mmengine.evaluator import BaseMetric

from ..errors import InputError


@dataclass(frozen=True)
class Examined:
    """One image of a test; boxes are left, top, right and bottom in pixels of the image.

    Attributes:
        file: The image file.
        size: Its width and height in pixels.
        boxes: The objects, float of shape (G, 4).
        labels: Their classes, int of shape (G,).
        ignored: Which of them count neither as found nor as missed, bool of shape (G,).
        found_boxes: The detections, float of shape (D, 4).
        found_labels: Their classes, int of shape (D,).
        scores: Their scores, float of shape (D,).
    """

    file: str
    size: tuple[int, int]
    boxes: np.ndarray
    labels: np.ndarray
    ignored: np.ndarray
    found_boxes: np.ndarray
    found_labels: np.ndarray
    scores: np.ndarray


class Collect(BaseMetric):
    """A metric of mmengine that keeps the detections of a test and computes nothing.

    Attributes:
        found: The detections of each image after the test, by the path of the image.
    """

    default_prefix = 'collect'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            found = sample.get('pred_instances')
            if found is None or 'bboxes' not in found or 'img_path' not in sample:
                raise InputError(
                    'the model: its boxes lack the path of their image; give the config of a '
                    "detector whose PackDetInputs has 'img_path' among its meta_keys"
                )
            arrays = (found[key].cpu().numpy() for key in ('bboxes', 'labels', 'scores'))
            self.results.append((sample['img_path'], *arrays))

    def compute_metrics(self, results: list) -> dict:
        self.found = {path: arrays for path, *arrays in results}
        return {}

    def join(self, dataset) -> list[Examined]:
        """The images of ``dataset``, which was tested, each with its objects and detections."""
        return [self._join(dataset.get_data_info(index)) for index in range(len(dataset))]

    def _join(self, row: dict) -> Examined:
        objects = row.get('instances', [])
        return Examined(
            row['img_path'],
            (row['width'], row['height']),
            np.array([item['bbox'] for item in objects], float).reshape(-1, 4),
            np.array([item['bbox_label'] for item in objects], int),
            np.array([item.get('ignore_flag', 0) for item in objects], bool),
            *self.found[row['img_path']],
        )
