"""Detectors on the drawn data, 240 and 60 images: from scratch, from a classifier, by WLD.

The data are drawn, and the objects cut out for the classifier, when they are not there.
"""

from detection import cut_out_objects, detection_rows

from ic_backbones.datasets.voc.sample import make_sample_voc

VOC, CROPS = 'data/sample_voc', 'data/sample_crops'


def prepare() -> None:
    make_sample_voc(VOC)
    cut_out_objects(VOC, CROPS)


rows = detection_rows({}, {})
