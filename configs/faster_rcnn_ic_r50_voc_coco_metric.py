# The training of faster_rcnn_ic_r50_voc.py, with AP at IoU 0.50:0.95 and by object size as on COCO.
_base_ = './faster_rcnn_ic_r50_voc.py'

# CocoMetric takes the ground truth from the samples ('instances'), so no annotations are converted.
val_dataloader = _base_.val_dataloader
val_dataloader.dataset.pipeline[-1].meta_keys += ('instances',)
test_dataloader = val_dataloader

val_evaluator = dict(_delete_=True, type='CocoMetric', metric='bbox')
test_evaluator = val_evaluator
