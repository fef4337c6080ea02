# A narrow ResNet-18 that tells the drawn shapes apart, which tools/pretrain_demo.py cuts out. It is
# the teacher of ic_resnet18_wld_10e.py and as wide as the backbone of faster_rcnn_ic_r18_sample.py.
_base_ = [
    'mmpretrain::_base_/models/resnet18.py',
    'mmpretrain::_base_/schedules/cifar10_bs128.py',
    '../_base_/mmpretrain_runtime.py',
]

model = dict(
    backbone=dict(stem_channels=32, base_channels=32),
    head=dict(num_classes=4, in_channels=256, topk=(1,), cal_acc=True),
)
data_preprocessor = dict(
    num_classes=4, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True
)

_pack = dict(type='PackInputs')
_dataset = dict(
    type='ic_backbones.ImageFolder',
    data_root='data/sample_crops',
    metainfo=dict(classes=('disc', 'square', 'star', 'triangle')),  # the names of the folders
)
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **_dataset,
        data_prefix='train',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomCrop', crop_size=64, padding=6),
            dict(type='RandomFlip', prob=0.5),
            _pack,
        ],
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**_dataset, data_prefix='val', pipeline=[dict(type='LoadImageFromFile'), _pack]),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=20)
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(
    _delete_=True, type='CosineAnnealingLR', T_max=20, by_epoch=True, convert_to_iter_based=True
)
auto_scale_lr = dict(base_batch_size=32)
default_hooks = dict(logger=dict(interval=10), checkpoint=dict(max_keep_ckpts=1))
