# How the configs that users copy and edit read data in VOC layout and measure the result, and their
# schedule. A copy sets folder, classes, splits, scale, epochs and batch size.
_load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', with_bbox=True)]
_pack = dict(
    type='PackDetInputs',
    meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
)
_dataset = dict(type='ic_backbones.VOCStyleDataset')
train_dataloader = dict(sampler=dict(type='DefaultSampler', shuffle=True), dataset=_dataset)
val_dataloader = dict(
    sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**_dataset, test_mode=True)
)
test_dataloader = val_dataloader
val_evaluator = dict(type='ic_backbones.VOCStyleMetric', eval_mode='area')
test_evaluator = val_evaluator
train_cfg = dict(type='EpochBasedTrainLoop')
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
# A warm-up and then a cosine to 0. The mAP rises until the end, where the learning rate is small.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', begin=0, by_epoch=True, convert_to_iter_based=True),
]
