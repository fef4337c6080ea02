import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.logging import MMLogger
from mmengine.structures import InstanceData

from ic_backbones.evaluation import VOCStyleMetric
from ic_backbones.registry import METRICS

FAR = (500, 500, 540, 540)  # overlaps no object


def sample(objects, detections, ignored=()) -> dict:
    """objects and ignored: (box, label); detections: (box, label, score)."""

    def instances(rows, **columns):
        data = InstanceData(bboxes=torch.tensor([row[0] for row in rows]).float().reshape(-1, 4))
        for key, column in columns.items():
            data[key] = torch.tensor([row[column] for row in rows])
        return data

    result = DetDataSample(
        gt_instances=instances(objects, labels=1),
        ignored_instances=instances(ignored, labels=1),
        pred_instances=instances(detections, labels=1, scores=2),
    )
    return result.to_dict()


# Class 0 has three objects. By score: found, wrong, found, wrong.
#   recall     1/3  1/3  2/3  2/3
#   precision   1   1/2  2/3  1/2
# Class 1 has one object, found; class 2 has none, and one wrong detection.
SAMPLES = [
    sample(
        [((0, 0, 40, 40), 0), ((100, 100, 160, 160), 0)],
        [((0, 0, 40, 40), 0, 0.9), (FAR, 0, 0.6), (FAR, 2, 0.9)],
    ),
    sample(
        [((10, 10, 60, 60), 0), ((200, 10, 260, 60), 1)],
        [(FAR, 0, 0.8), ((10, 10, 60, 60), 0, 0.7), ((200, 10, 260, 60), 1, 0.3)],
    ),
]


def evaluate(**kwargs) -> dict:
    metric = VOCStyleMetric(**kwargs)
    metric.dataset_meta = {'classes': ('cell', 'platelet', 'absent')}
    metric.process({}, SAMPLES)
    return metric.evaluate(size=2)


@pytest.mark.parametrize(
    ('mode', 'printed', 'cell'),
    [
        # precision 1 at recalls 0 ... 0.3, 2/3 at 0.4 ... 0.6, 0 above
        ('11points', 'VOC07, 11 points', (4 * 1 + 3 * 2 / 3) / 11),
        # precision 1 up to recall 1/3, 2/3 up to 2/3
        ('area', 'VOC12, area under the curve', 1 / 3 * 1 + 1 / 3 * 2 / 3),
    ],
)
def test_average_precision_by_hand(mode, printed, cell, monkeypatch):
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', lines.append)
    report = evaluate(eval_mode=mode)
    assert report.keys() == {
        f'pascal_voc/{key}' for key in ('mAP', 'AP50', 'AP_cell', 'AP_platelet')
    }
    assert report['pascal_voc/AP_cell'] == pytest.approx(cell, abs=1e-6)
    assert report['pascal_voc/AP_platelet'] == pytest.approx(1, abs=1e-6)
    assert report['pascal_voc/mAP'] == pytest.approx((cell + 1) / 2, abs=1e-6)
    assert f'mAP {(cell + 1) / 2:.3f} at IoU 0.5 ({printed})' in lines


def test_several_thresholds_are_averaged():
    """The boxes match exactly, so that a higher threshold changes nothing."""
    report = evaluate(eval_mode='area', iou_thrs=[0.5, 0.75])
    assert report['pascal_voc/AP_cell'] == pytest.approx(5 / 9, abs=1e-6)
    assert report['pascal_voc/AP75'] == report['pascal_voc/AP50'] == pytest.approx(7 / 9, abs=1e-3)


def test_overlap_duplicates_and_difficult_objects():
    """10x5 of 10x10 pixels is an IoU of 0.5 only as x2 - x1 + 1."""
    metric = VOCStyleMetric(eval_mode='area', iou_thrs=[0.5, 0.75])
    metric.dataset_meta = {'classes': ('cell', 'platelet')}
    found, late = (20, 20, 39, 39), (60, 60, 79, 79)
    half = sample([((0, 0, 9, 9), 0)], [((0, 0, 9, 4), 0, 0.9)])
    others = sample(
        [(found, 1), (late, 1)],
        [(FAR, 1, 0.9), (found, 1, 0.8), (found, 1, 0.7), (late, 1, 0.6)],
        ignored=[(FAR, 1)],
    )
    metric.process({}, [half, others])
    report = metric.evaluate(size=2)
    assert report['pascal_voc/AP_cell'] == pytest.approx(0.5)  # 1 at IoU 0.5, 0 at 0.75
    assert report['pascal_voc/AP_platelet'] == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)
    assert (report['pascal_voc/AP50'], report['pascal_voc/AP75']) == (0.917, 0.417)


def test_mmdet_gives_the_same_mean():
    from mmdet.evaluation import VOCMetric

    metric = VOCMetric(eval_mode='11points')
    metric.dataset_meta = {'classes': ('cell', 'platelet', 'absent')}
    metric.process({}, SAMPLES)
    expected = metric.evaluate(size=2)
    report = evaluate(eval_mode='11points')
    assert {key: report[key] for key in expected} == expected


@pytest.mark.parametrize('name', ['VOCStyleMetric', 'ic_backbones.VOCStyleMetric'])
def test_registered(name):
    assert isinstance(METRICS.build({'type': name}), VOCStyleMetric)
