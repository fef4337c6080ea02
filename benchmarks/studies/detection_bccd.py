"""Detectors of blood cells, BCCD's 205, 87 and 72 images: from scratch, from a classifier, by WLD.

BCCD (https://github.com/Shenggan/BCCD_Dataset) belongs in data/BCCD, in VOC layout; its objects
are cut out for the classifier when they are not there. The detectors are judged on the test split.
"""

from detection import cut_out_objects, detection_rows

VOC, CROPS = 'data/BCCD', 'data/bccd_crops'
CLASSES = ('RBC', 'WBC', 'Platelets')
EPOCHS = 20


def prepare() -> None:
    cut_out_objects(VOC, CROPS)


classifier = {
    'data_preprocessor.num_classes': len(CLASSES),
    'model.head.num_classes': len(CLASSES),
    'train_dataloader.dataset.data_root': CROPS,
    'val_dataloader.dataset.data_root': CROPS,
}
detector = {
    'model.roi_head.bbox_head.num_classes': len(CLASSES),
    'train_dataloader.dataset.pipeline.2.scale': (320, 240),
    'val_dataloader.dataset.pipeline.1.scale': (320, 240),
    'val_dataloader.dataset.ann_file': 'ImageSets/Main/test.txt',
    'train_cfg.max_epochs': EPOCHS,
    'param_scheduler.1.end': EPOCHS,
    'param_scheduler.1.T_max': EPOCHS,
    **{
        f'{name}_dataloader.dataset.{key}': value
        for name in ('train', 'val')
        for key, value in (('data_root', VOC), ('metainfo', dict(classes=CLASSES)))
    },
}
rows = detection_rows(classifier, detector)
