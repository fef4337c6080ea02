# Faster R-CNN with IC-ResNet-18 for 100 to 5,000 photographs of your own in VOC layout: copy this
# file and edit the block below. It starts from torchvision's weights; where they cannot be had, or
# on CPUs alone, write './_base_/own_from_scratch.py' in the next line. own_plain_pretrained.py and
# own_plain_from_scratch.py have the plain ResNet-18 instead.
_base_ = './_base_/own_pretrained.py'

# ------------------------------------------------------------------------------------- your data
data_root = 'data/sample_voc'  # holds JPEGImages/, Annotations/, ImageSets/Main/
train_split, val_split, test_split = 'train', 'val', 'test'  # ImageSets/Main/<split>.txt
classes = ('disc', 'square', 'triangle', 'star')  # as written in the XML files
scale = (320, 240)  # width and height that the images are made to fit; a GPU can take (1000, 600)
max_epochs = 14  # for 200 photographs; 28 for 100, 50 for 50, and 6 for 1,000 and more
batch_size = 2  # on a GPU 4 to 16, with --amp; the learning rate follows
num_workers = 0  # processes that load images; with a GPU 4 or more
patience = 0  # evaluations without a better mAP after which the training stops; 0: it never does
tensorboard = False  # needs the package tensorboard; then `tensorboard --logdir work_dirs`
# -----------------------------------------------------------------------------------------------

model = dict(roi_head=dict(bbox_head=dict(num_classes=len(classes))))

train_pipeline = [
    *_base_._load,
    dict(
        type='PhotoMetricDistortion',
        brightness_delta=16,
        contrast_range=(0.8, 1.2),
        saturation_range=(0.8, 1.2),
        hue_delta=6,
    ),
    dict(type='RandomResize', scale=scale, ratio_range=(0.8, 1.25), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(max(scale), max(scale)), allow_negative_crop=True),
    # What the crop leaves of an object at its rim may be too small to tell what it is.
    dict(type='FilterAnnotations', min_gt_bbox_wh=(4, 4), keep_empty=False),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    _base_._load[0],
    dict(type='Resize', scale=scale, keep_ratio=True),
    _base_._load[1],
    _base_._pack,
]

_dataset = dict(data_root=data_root, metainfo=dict(classes=classes))
_loader = dict(batch_size=batch_size, num_workers=num_workers, persistent_workers=num_workers > 0)
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

train_cfg = dict(max_epochs=max_epochs, val_interval=max(1, max_epochs // 6))
_larger = (batch_size / _base_._lr_for.batch_size) ** _base_._lr_for.power
optim_wrapper = dict(optimizer=dict(lr=_base_.optim_wrapper.optimizer.lr * _larger))
auto_scale_lr = dict(enable=False, base_batch_size=batch_size)
_warm_up, _cosine = _base_.param_scheduler
param_scheduler = [_warm_up, dict(_cosine, end=max_epochs, T_max=max_epochs)]
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=1, max_keep_ckpts=1, save_best='auto'),
    visualization=dict(score_thr=0.5),  # so that no box is drawn for two classes
)
if patience:
    custom_hooks = [
        dict(type='EarlyStoppingHook', monitor='pascal_voc/mAP', patience=patience, min_delta=0.001)
    ]
if tensorboard:
    vis_backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
    visualizer = dict(type='DetLocalVisualizer', vis_backends=vis_backends, name='visualizer')
