"""AP, F1 and matches against loops in float64, and on cases that are done by hand."""

from dataclasses import replace

import numpy as np
import pytest

from ic_backbones.report.examined import Examined
from ic_backbones.report.mistakes import confusion, match, worst
from ic_backbones.report.precision import RECALLS, THRESHOLDS, measure

CLASSES = ('cat', 'dog', 'bird')


def image(objects, found, file='a.jpg') -> Examined:
    """An image from rows (class, box[, ignored]) and (class, score, box)."""
    return Examined(
        file,
        (100, 100),
        np.array([row[1] for row in objects], float).reshape(-1, 4),
        np.array([row[0] for row in objects], int),
        np.array([bool(row[2:] and row[2]) for row in objects], bool),
        np.array([row[2] for row in found], float).reshape(-1, 4),
        np.array([row[0] for row in found], int),
        np.array([row[1] for row in found], float),
    )


def random_images(count: int = 12) -> list[Examined]:
    rng = np.random.default_rng(0)

    def box(near=None, spread=0.0):
        if near is None:
            corner = rng.uniform(0, 60, 2)
            return [*corner, *(corner + rng.uniform(10, 40, 2))]
        return list(np.array(near) + rng.normal(0, spread, 4))

    images = []
    for _ in range(count):
        objects = [(rng.integers(2), box(), rng.random() < 0.2) for _ in range(rng.integers(5))]
        found = [
            (label if rng.random() < 0.8 else 1 - label, rng.random(), box(near, 3.0))
            for label, near, _ in objects
            for _ in range(rng.integers(3))
        ]
        found += [(rng.integers(3), rng.random(), box()) for _ in range(rng.integers(3))]
        images.append(image(objects, found))
    return images


def iou(a, b, crowd=False) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    inter = max(width, 0) * max(height, 0)
    area = (a[2] - a[0]) * (a[3] - a[1])
    return inter / (area if crowd else area + (b[2] - b[0]) * (b[3] - b[1]) - inter)


def outcomes(images, label, threshold) -> tuple[int, list[tuple[float, bool]]]:
    """The number of objects of a class, and each detection that counts: its score, and a hit."""
    total, rows = 0, []
    for item in images:
        objects = [k for k in range(len(item.labels)) if item.labels[k] == label]
        total += sum(not item.ignored[k] for k in objects)
        taken = set()
        found = [k for k in range(len(item.scores)) if item.found_labels[k] == label]
        for det in sorted(found, key=lambda k: -item.scores[k]):
            best, hit = threshold, None
            for obj in objects:
                overlap = iou(item.found_boxes[det], item.boxes[obj])
                if not item.ignored[obj] and obj not in taken and overlap >= best:
                    best, hit = overlap, obj
            if hit is not None:
                taken.add(hit)
                rows.append((item.scores[det], True))
            elif not any(
                item.ignored[obj] and iou(item.found_boxes[det], item.boxes[obj], True) >= threshold
                for obj in objects
            ):
                rows.append((item.scores[det], False))
    return total, sorted(rows, key=lambda row: -row[0])


def average_precision(total, rows) -> float:
    hits, points = 0, []
    for number, (_, hit) in enumerate(rows, 1):
        hits += hit
        points.append((hits / total, hits / number))
    values = [max((p for r, p in points if r >= recall), default=0) for recall in RECALLS]
    return sum(values) / len(values)


def test_against_loops():
    images = random_images()
    found = measure(images, CLASSES)
    for label in (0, 1):
        by_iou = [outcomes(images, label, 0.5 + 0.05 * step) for step in range(10)]
        aps = [average_precision(total, rows) for total, rows in by_iou]
        total, rows = by_iou[0]
        assert found.objects[label] == total > 5
        assert 0.05 < found.ap[label] < found.ap50[label] < 0.95
        assert found.ap50[label] == pytest.approx(aps[0], abs=1e-9)
        assert found.ap[label] == pytest.approx(sum(aps) / 10, abs=1e-9)
        for at, threshold in enumerate(THRESHOLDS):
            hits = sum(hit for score, hit in rows if score >= threshold)
            alarms = sum(not hit for score, hit in rows if score >= threshold)
            f1 = 2 * hits / (hits + alarms + total)
            assert found.f1_at[label, at] == pytest.approx(f1)
            assert found.recall_at[label, at] == pytest.approx(hits / total)
            if hits + alarms:
                assert found.precision_at[label, at] == pytest.approx(hits / (hits + alarms))
            else:
                assert np.isnan(found.precision_at[label, at])
    assert found.objects[2] == 0  # no bird in the data: no figure
    assert np.isnan([found.ap[2], found.ap50[2], *found.f1_at[2], *found.precisions[2]]).all()
    assert found.f1_at[:2].mean(0).max() == found.f1_at[:2, found.best].mean()


def test_nothing_found_and_nothing_there():
    empty = measure([image([], [])], CLASSES)
    assert np.isnan(empty.ap50).all() and empty.best == 0
    blind = measure([image([(0, [0, 0, 10, 10])], [])], CLASSES)
    assert blind.ap50[0] == blind.ap[0] == 0 and (blind.f1_at[0] == 0).all()
    perfect = measure([image([(0, [0, 0, 10, 10])], [(0, 0.5, [0, 0, 10, 10])])], CLASSES)
    assert perfect.ap[0] == pytest.approx(1) and perfect.ap50[0] == pytest.approx(1)
    assert perfect.score_thr == 0
    assert (perfect.f1_at[0] == (THRESHOLDS <= 0.5)).all()


def test_a_score_at_a_threshold_counts_for_both_or_for_none():
    """0.57 is a little less in float32, which a detector gives, and 0.25 is the same number."""
    for score, counts in ((0.57, False), (0.25, True)):
        item = image([(0, [0, 0, 10, 10])], [(0, score, [0, 0, 10, 10])])
        item = replace(item, scores=item.scores.astype(np.float32))
        (at,) = np.flatnonzero(THRESHOLDS == score)
        assert measure([item], CLASSES).recall_at[0, at] == counts
        assert bool(match(item, score).hits) == counts


def test_mistakes_by_hand():
    left, right, far = [0, 0, 10, 10], [20, 0, 30, 10], [50, 50, 60, 60]
    objects = [(0, left), (1, right), (0, far), (1, [80, 80, 90, 90], True)]
    found = [
        (0, 0.9, left),
        (0, 0.8, [20, 0, 30, 9]),  # a dog that is taken for a cat
        (1, 0.7, left),  # the cat again
        (1, 0.6, [80, 80, 90, 90]),  # an ignored object
        (2, 0.5, [0, 80, 10, 90]),
        (0, 0.2, far),  # below the threshold
    ]
    matched = match(image(objects, found), 0.3)
    assert matched.hits == [(0, 0), (1, 1)] and matched.confused == [(1, 1)]
    assert matched.missed == [2] and matched.alarms == [2, 4] and matched.mistakes == 4
    expected = np.zeros((4, 4), int)
    expected[0, 0] = expected[1, 0] = expected[0, 3] = expected[3, 1] = expected[3, 2] = 1
    assert (confusion([matched], 3) == expected).all()
    assert match(image(objects, found), 0.0).missed == []
    assert (confusion([match(image([], []), 0.5)], 3) == 0).all()


def test_the_worst_images_come_first():
    there = (0, [0, 0, 10, 10])
    items = [image([there] * count, [], f'{count}.jpg') for count in (1, 3, 0, 2)]
    ranked = worst([match(item, 0.5) for item in items], 2)
    assert [item.image.file for item in ranked] == ['3.jpg', '2.jpg']
