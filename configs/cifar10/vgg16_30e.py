# VGG-16-BN to compare with SfNet: one cycle of 30 epochs, with flipping and normalisation only.
# The paper gives neither optimizer nor learning rate. AdamW with a peak of 0.01 at half of the
# training was the best for SfNet, on average, of the recipes tried (docs/results_sfnet.md).
_base_ = './vgg16_200e.py'

model = dict(
    neck=None,
    head=dict(
        type='ic_backbones.FlattenedLinearClsHead',
        mid_channels=[1024, 1024],
        norm_cfg=dict(type='BN1d'),
    ),
)
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='PackInputs'),
        ]
    )
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=0.01, weight_decay=0.01),
)
max_epochs = 30
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = dict(
    _delete_=True,
    type='OneCycleLR',
    eta_max=0.01,
    pct_start=0.5,
    total_steps=max_epochs,
    by_epoch=True,
    convert_to_iter_based=True,
)
