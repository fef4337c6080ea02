# SINet on 32x32: neither the stem nor block 2 has a stride, so that 4x4 is left.
_base_ = '../_base_/cifar10.py'
model = dict(
    backbone=dict(
        type='ic_backbones.SINet',
        stem_stride=1,
        strides=(1, 1, 2, 2, 2),
        out_indices=(0, 1, 2, 3, 4),
    ),
    neck=None,
    head=dict(
        _delete_=True,
        type='ic_backbones.JointDecisionHead',
        num_classes=10,
        in_channels=(24, 40, 80, 96, 192),
        mid_channels=1280,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
    ),
)
