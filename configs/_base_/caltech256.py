# CALTECH-256 as in Structure Composing Layer: 50 training and 20 test images per class of 224x224
# pixels, batches of 32 accumulated to 128, 52 epochs, and a learning rate that falls linearly to 0.
# The paper gives neither optimizer nor learning rate: SGD with momentum from 0.05 is our choice.
_base_ = './mmpretrain_runtime.py'

data_preprocessor = dict(
    num_classes=256, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True
)
_data = dict(
    type='ic_backbones.Caltech256', data_root='data/256_ObjectCategories', train=50, test=20, seed=0
)
_loader = dict(batch_size=32, num_workers=4, collate_fn=dict(type='default_collate'))
train_dataloader = dict(
    **_loader,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **_data,
        split='train',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomResizedCrop', scale=224),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='PackInputs'),
        ],
    ),
)
val_dataloader = dict(
    **_loader,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **_data,
        split='test',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=256, edge='short'),
            dict(type='CenterCrop', crop_size=224),
            dict(type='PackInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1, 5))
test_evaluator = val_evaluator

max_epochs = 52
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(
    accumulative_counts=4,
    optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=1e-4),
)
param_scheduler = dict(
    type='LinearLR',
    start_factor=1.0,
    end_factor=0.0,
    begin=0,
    end=max_epochs,
    by_epoch=True,
    convert_to_iter_based=True,
)
auto_scale_lr = dict(base_batch_size=32)  # mmengine does not count accumulation
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1, save_best='auto'))
