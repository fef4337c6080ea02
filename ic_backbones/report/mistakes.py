"""Which objects were missed, confused or imagined, at one threshold of the score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mmdet.evaluation import bbox_overlaps

from .examined import Examined

_IOU = 0.5


@dataclass(frozen=True)
class Matched:
    """An image whose detections above a threshold are matched with its objects.

    Attributes:
        image: The image.
        hits: Pairs of the index of an object and that of the detection that found it, whose class
            may be another one.
        missed: The indices of the objects that no detection found.
        alarms: The indices of the detections of something that is not there.
    """

    image: Examined
    hits: list[tuple[int, int]]
    missed: list[int]
    alarms: list[int]

    @property
    def confused(self) -> list[tuple[int, int]]:
        """Those hits that have the wrong class."""
        labels, found = self.image.labels, self.image.found_labels
        return [(obj, det) for obj, det in self.hits if labels[obj] != found[det]]

    @property
    def mistakes(self) -> int:
        """How many objects are missed or confused, and how many detections are false alarms."""
        return len(self.missed) + len(self.alarms) + len(self.confused)


def match(image: Examined, score_thr: float) -> Matched:
    """Match the detections with the objects, whatever their classes.

    In the order of their scores, each detection takes the object with the highest IoU among those
    that are left, if it is at least 0.5. A detection of an ignored object is left out.

    Args:
        image: The image.
        score_thr: The lowest score of a detection.
    """
    overlaps = bbox_overlaps(image.found_boxes, image.boxes)  # (D, G)
    hits, alarms = [], []
    left = set(np.flatnonzero(~image.ignored))
    for det in np.argsort(-image.scores, kind='stable'):
        if float(image.scores[det]) < score_thr:  # as pycocotools compares them
            break
        near = [obj for obj in left if overlaps[det, obj] >= _IOU]
        if near:
            best = max(near, key=lambda obj: overlaps[det, obj])
            left.remove(best)
            hits.append((int(best), int(det)))
        elif not (overlaps[det, image.ignored] >= _IOU).any():
            alarms.append(int(det))
    return Matched(image, hits, sorted(map(int, left)), alarms)


def confusion(images: Sequence[Matched], classes: int) -> np.ndarray:
    """How often each class is found as each class, int of shape (K + 1, K + 1).

    Rows are the classes of the objects, columns those of the detections; the last row holds the
    false alarms, the last column the misses.

    Args:
        images: The images of the test.
        classes: The number of classes, K.
    """
    true, found = [], []
    for item in images:
        labels, guesses = item.image.labels, item.image.found_labels
        true += [labels[obj] for obj, _ in item.hits] + [labels[obj] for obj in item.missed]
        found += [guesses[det] for _, det in item.hits] + [classes] * len(item.missed)
        true += [classes] * len(item.alarms)
        found += [guesses[det] for det in item.alarms]
    matrix = np.zeros((classes + 1, classes + 1), int)
    np.add.at(matrix, (np.array(true, int), np.array(found, int)), 1)
    return matrix


def worst(images: Sequence[Matched], count: int) -> list[Matched]:
    """The images with the most mistakes, the worst first, without those that have none."""
    wrong = [item for item in images if item.mistakes]
    return sorted(wrong, key=lambda item: (-item.mistakes, item.image.file))[:count]
