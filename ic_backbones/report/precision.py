"""Average precision and F1 of a test, by pycocotools."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .examined import Examined

THRESHOLDS = np.arange(101) / 100  # of the score; each is the number that its two digits give
RECALLS = np.linspace(0, 1, 101)  # where COCO reads the precision


@dataclass(frozen=True)
class Precision:
    """AP and curves of each class; NaN for a class without an object.

    AP is COCO's: the mean of the precisions at 101 recalls, with the best precision at that recall
    or a higher one. An object that is marked as difficult or to be ignored counts as COCO's crowd.

    Attributes:
        classes: The names of the classes.
        objects: The number of objects that count, of shape (K,).
        ap: AP at IoU 0.50:0.95, of shape (K,).
        ap50: AP at IoU 0.5, of shape (K,).
        precisions: The precision at ``RECALLS`` and IoU 0.5, of shape (K, 101).
        precision_at: The precision of the detections from each of ``THRESHOLDS`` on, at IoU 0.5, of
            shape (K, 101); NaN where there is no detection.
        recall_at: The recall of these detections, of shape (K, 101).
        f1_at: The F1 score of these detections, of shape (K, 101).
    """

    classes: tuple[str, ...]
    objects: np.ndarray
    ap: np.ndarray
    ap50: np.ndarray
    precisions: np.ndarray
    precision_at: np.ndarray
    recall_at: np.ndarray
    f1_at: np.ndarray

    @property
    def best(self) -> int:
        """The index of the threshold with the highest mean F1 of the classes."""
        f1 = self.f1_at[self.objects > 0]
        return int(f1.mean(0).argmax()) if len(f1) else 0

    @property
    def score_thr(self) -> float:
        """The threshold with the highest mean F1 of the classes."""
        return float(THRESHOLDS[self.best])


def measure(images: Sequence[Examined], classes: Sequence[str]) -> Precision:
    """AP and curves of a test.

    Args:
        images: The images of the test.
        classes: The names of the classes.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(*_as_coco(images, len(classes)), 'bbox')
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ['all']
        evaluation.evaluate()
        evaluation.accumulate()
    by_class = np.reshape(evaluation.evalImgs, (len(classes), len(images)))
    counts = np.array([_counts(row) for row in by_class])  # (K, 3, 101)
    objects, hits, alarms = counts[:, 0, :1], counts[:, 1], counts[:, 2]
    # precision: (IoU, recall, class, area, most detections), -1 without an object
    precisions = evaluation.eval['precision'][..., 0, -1].transpose(2, 0, 1)
    precisions = np.where(objects[..., None] > 0, precisions, np.nan)
    with np.errstate(invalid='ignore', divide='ignore'):
        return Precision(
            tuple(classes),
            objects[:, 0],
            precisions.mean((1, 2)),
            precisions[:, 0].mean(1),
            precisions[:, 0],
            hits / (hits + alarms),
            hits / objects,
            np.where(objects > 0, 2 * hits / (hits + alarms + objects), np.nan),
        )


def _counts(results: Sequence[dict | None]) -> np.ndarray:
    """The objects of a class, and its hits and false alarms from each threshold on: (3, 101)."""
    results = [result for result in results if result]
    objects = sum(int((1 - np.asarray(result['gtIgnore'])).sum()) for result in results)
    scores, matched, ignored = (
        np.concatenate([np.ravel(part(result)) for result in results] or [np.zeros(0)])
        for part in (
            lambda result: result['dtScores'],
            lambda result: result['dtMatches'][0] > 0,
            lambda result: result['dtIgnore'][0],
        )
    )
    counted = (scores >= THRESHOLDS[:, None]) & (ignored == 0)
    hits = (counted & (matched > 0)).sum(1)
    return np.array([np.full(len(THRESHOLDS), objects), hits, counted.sum(1) - hits])


def _as_coco(images: Sequence[Examined], classes: int) -> tuple[COCO, COCO]:
    """The objects and the detections in COCO's format."""
    objects, detections = [], []
    for index, image in enumerate(images):
        for box, label, ignored in zip(image.boxes, image.labels, image.ignored, strict=True):
            objects.append(_annotation(len(objects), index, box, label, iscrowd=int(ignored)))
        rows = zip(image.found_boxes, image.found_labels, image.scores, strict=True)
        for box, label, score in rows:
            detections.append(
                _annotation(len(detections), index, box, label, iscrowd=0, score=float(score))
            )
    return _coco(images, classes, objects), _coco(images, classes, detections)


def _annotation(number: int, image: int, box: np.ndarray, label: int, **more) -> dict:
    left, top, right, bottom = map(float, box)
    size = right - left, bottom - top
    return dict(
        id=number + 1,  # pycocotools takes 0 for no match
        image_id=image,
        category_id=int(label),
        bbox=[left, top, *size],
        area=size[0] * size[1],
        **more,
    )


def _coco(images: Sequence[Examined], classes: int, annotations: list[dict]) -> COCO:
    coco = COCO()
    coco.dataset = dict(
        images=[dict(id=index) for index in range(len(images))],
        categories=[dict(id=label) for label in range(classes)],
        annotations=annotations,
    )
    coco.createIndex()
    return coco
