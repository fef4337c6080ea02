"""What the studies of detectors share: a classifier, its distillation, five detectors."""

import tempfile
from pathlib import Path

from narrow import LEARNED, changed

from ic_backbones.datasets.voc.crops import make_object_crops

CLASSIFIER = 'configs/sample/resnet18_20e.py'
STUDENT = 'configs/sample/ic_resnet18_wld_10e.py'
PLAIN = 'configs/faster_rcnn_r18_sample.py'
IC = 'configs/faster_rcnn_ic_r18_sample.py'
START = {
    'model.backbone.init_cfg.type': 'Pretrained',
    'model.backbone.init_cfg.checkpoint': '{teacher}',
    'model.backbone.init_cfg.prefix': 'backbone.',
}


def cut_out_objects(voc: str, crops: str) -> None:
    """Cut the classifier's images out of a data set, all or none, unless they are there."""
    if Path(crops).is_dir():
        return
    Path(crops).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=Path(crops).parent) as folder:
        for split in ('train', 'val'):
            make_object_crops(voc, Path(folder, 'crops'), split)
        Path(folder, 'crops').rename(crops)


def detection_rows(classifier: dict, detector: dict) -> dict[str, dict]:
    """Rows that go from a classifier to detectors, from scratch and from its weights.

    Args:
        classifier: The overrides of all classifiers. They are distilled with tau = 4, with
            which the stored results were trained.
        detector: The overrides of all detectors.
    """
    scratch, tuned = 'ResNet-18, from scratch', 'ResNet-18, from the classifier'
    distilled = classifier | {'model.teacher_checkpoint': '{teacher}', 'model.tau': 4.0}

    def from_weights(config: str, teacher: str, *options: dict, **comparison: str) -> dict:
        row = dict(config=config, teacher=teacher)
        return changed(row, detector, START, *options, **comparison)

    return {
        'classifier': dict(config=CLASSIFIER, options=classifier),
        'classifier, IC by WLD': dict(config=STUDENT, options=distilled, teacher='classifier'),
        scratch: dict(config=PLAIN, options=detector, against=scratch),
        'IC-ResNet-18, from scratch': dict(config=IC, options=detector, against=scratch),
        tuned: from_weights(PLAIN, 'classifier', against=scratch),
        'IC, α learned from 0': from_weights(IC, 'classifier', LEARNED, against=tuned),
        'IC by WLD': from_weights(IC, 'classifier, IC by WLD', LEARNED, against=tuned),
    }
