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

_resize = dict(type='Resize', scale=scale, keep_ratio=True)
train_pipeline = [
    *_base_._load,
    _resize,
    dict(type='FilterAnnotations', min_gt_bbox_wh=(0, 0), keep_empty=False),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [_base_._load[0], _resize, _base_._load[1], _base_._pack]

_dataset = dict(data_root=data_root, metainfo=dict(classes=classes))
_loader = dict(batch_size=batch_size, num_workers=0)
train_dataloader = dict(
    **_loader,
    dataset=dict(**_dataset, ann_file=f'ImageSets/Main/{train_split}.txt', pipeline=train_pipeline),
)
val_dataloader = dict(
    **_loader,
    dataset=dict(**_dataset, ann_file=f'ImageSets/Main/{val_split}.txt', pipeline=test_pipeline),
)
test_dataloader = dict(
    **_loader,
    dataset=dict(**_dataset, ann_file=f'ImageSets/Main/{test_split}.txt', pipeline=test_pipeline),
)

train_cfg = dict(max_epochs=max_epochs, val_interval=1)
# From scratch; clipping keeps the first steps finite.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=10, norm_type=2),
)
_warm_up, _cosine = _base_.param_scheduler
param_scheduler = [_warm_up, dict(_cosine, end=max_epochs, T_max=max_epochs)]
auto_scale_lr = dict(enable=False, base_batch_size=4)
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=1, max_keep_ckpts=1, save_best='auto'),
    visualization=dict(score_thr=0.5),  # so that no box is drawn for two classes
)
