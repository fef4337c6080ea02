"""What the studies of detectors share: a classifier, its distillation, five detectors."""

from narrow import LEARNED, changed

CLASSIFIER = 'configs/sample/resnet18_20e.py'
DISTILLED = 'configs/sample/ic_resnet18_wld_10e.py'
PLAIN = 'configs/faster_rcnn_r18_sample.py'
IC = 'configs/faster_rcnn_ic_r18_sample.py'
START = {
    'model.backbone.init_cfg.type': 'Pretrained',
    'model.backbone.init_cfg.checkpoint': '{teacher}',
    'model.backbone.init_cfg.prefix': 'backbone.',
}


def detection_rows(classifier: dict, detector: dict) -> dict[str, dict]:
    """Rows that go from a classifier to detectors, from scratch and from its weights.

    Args:
        classifier: The overrides of all classifiers.
        detector: The overrides of all detectors.
    """
    scratch, tuned = 'ResNet-18, from scratch', 'ResNet-18, from the classifier'
    distilled = classifier | {'model.teacher_checkpoint': '{teacher}'}

    def from_weights(config: str, teacher: str, *options: dict, **comparison: str) -> dict:
        row = dict(config=config, teacher=teacher)
        return changed(row, detector, START, *options, **comparison)

    return {
        'classifier': dict(config=CLASSIFIER, options=classifier),
        'classifier, IC by WLD': dict(config=DISTILLED, options=distilled, teacher='classifier'),
        scratch: dict(config=PLAIN, options=detector, against=scratch),
        'IC-ResNet-18, from scratch': dict(config=IC, options=detector, against=scratch),
        tuned: from_weights(PLAIN, 'classifier', against=scratch),
        'IC, α learned from 0': from_weights(IC, 'classifier', LEARNED, against=tuned),
        'IC by WLD': from_weights(IC, 'classifier, IC by WLD', LEARNED, against=tuned),
    }
