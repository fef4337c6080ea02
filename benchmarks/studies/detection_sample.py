"""Detectors on the drawn data, 240 and 60 images: from scratch, from a classifier, by WLD.

The data are drawn, and the objects cut out for the classifier, when they are not there.
"""

from pathlib import Path

from detection import detection_rows

from ic_backbones.datasets.voc.crops import make_object_crops
from ic_backbones.datasets.voc.sample import make_sample_voc

VOC, CROPS = 'data/sample_voc', 'data/sample_crops'


def prepare() -> None:
    make_sample_voc(VOC)
    for split in ('train', 'val'):
        if not Path(CROPS, split).is_dir():
            make_object_crops(VOC, CROPS, split)


rows = detection_rows({}, {})
