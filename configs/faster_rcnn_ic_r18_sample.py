# Faster R-CNN with IC-ResNet-18 from scratch, which takes minutes on two CPU cores. It reads any
# data in VOC layout: to use your own, copy this file and edit the block below.
_base_ = './_base_/faster_rcnn_small.py'

# ------------------------------------------------------------------------------------- your data
data_root = 'data/sample_voc'  # holds JPEGImages/, Annotations/, ImageSets/Main/
train_split, val_split, test_split = 'train', 'val', 'test'  # ImageSets/Main/<split>.txt
classes = ('disc', 'square', 'triangle', 'star')  # as written in the XML files
scale = (192, 160)  # width and height that the images are made to fit
max_epochs = 8
batch_size = 4
# -----------------------------------------------------------------------------------------------

model = dict(roi_head=dict(bbox_head=dict(num_classes=len(classes))))

_load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', with_bbox=True)]
_resize = dict(type='Resize', scale=scale, keep_ratio=True)
train_pipeline = [
    *_load,
    _resize,
    dict(type='FilterAnnotations', min_gt_bbox_wh=(0, 0), keep_empty=False),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    _load[0],
    _resize,
    _load[1],
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
    ),
]

_dataset = dict(
    type='ic_backbones.VOCStyleDataset', data_root=data_root, metainfo=dict(classes=classes)
)
train_dataloader = dict(
    batch_size=batch_size,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **_dataset,
        ann_file=f'ImageSets/Main/{train_split}.txt',
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **_dataset,
        ann_file=f'ImageSets/Main/{val_split}.txt',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(**val_dataloader)
test_dataloader['dataset'] = dict(
    val_dataloader['dataset'], ann_file=f'ImageSets/Main/{test_split}.txt'
)
val_evaluator = dict(type='ic_backbones.VOCStyleMetric', eval_mode='area')
test_evaluator = val_evaluator

# From scratch, with a warm-up and then a cosine to 0; clipping keeps the first steps finite.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=10, norm_type=2),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=50),
    dict(
        type='CosineAnnealingLR',
        begin=0,
        end=max_epochs,
        T_max=max_epochs,
        by_epoch=True,
        convert_to_iter_based=True,
    ),
]
auto_scale_lr = dict(enable=False, base_batch_size=4)
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=1, max_keep_ckpts=1, save_best='auto'),
    visualization=dict(score_thr=0.5),  # so that no box is drawn for two classes
)
