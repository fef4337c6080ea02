"""Detectors of drawn shapes from scratch, with and without mmpretrain's zero_init_residual."""

from detection import IC, PLAIN
from detection_sample import prepare  # noqa: F401  the study draws the same data

OFF = {'model.backbone.zero_init_residual': False}
rows = {
    'ResNet-18': dict(config=PLAIN, options=OFF),
    'ResNet-18, zero init': dict(config=PLAIN),
    'IC-ResNet-18': dict(config=IC, options=OFF, against='IC-ResNet-18'),
    'IC-ResNet-18, zero init': dict(config=IC, against='IC-ResNet-18'),
}
together = {'zero init': [(f'{name}, zero init', name) for name in ('ResNet-18', 'IC-ResNet-18')]}
