# The baseline: mmdet's RetinaNet on VOC07+12 trainval -> VOC07 test (paper: 77.3 mAP).
_base_ = 'mmdet::pascal_voc/retinanet_r50_fpn_1x_voc0712.py'
from ic_backbones.runs.guards import custom_imports, default_hooks

# A box that has zero size after Resize has clipped it would make the loss NaN. An image that has no
# other box is kept as background.
train_dataloader = _base_.train_dataloader
for _part in train_dataloader.dataset.dataset.datasets:
    _part.pipeline.insert(
        3, dict(type='FilterAnnotations', min_gt_bbox_wh=(0, 0), keep_empty=False)
    )
del _part

val_evaluator = dict(type='ic_backbones.VOCStyleMetric', eval_mode='11points')
test_evaluator = val_evaluator
