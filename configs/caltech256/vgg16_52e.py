# VGG-16-BN beside SfNet on CALTECH-256, from scratch (paper: 83.63 %, SfNet 86.38 %; its accuracies
# are multiples of 1/12800 and so, it seems, of the training images: no target).
_base_ = '../_base_/caltech256.py'

model = dict(
    type='ImageClassifier',
    backbone=dict(type='VGG', depth=16, norm_cfg=dict(type='BN')),
    head=dict(
        type='ic_backbones.FlattenedLinearClsHead',
        num_classes=256,
        in_channels=512 * 7 * 7,
        mid_channels=[2048, 2048],
        norm_cfg=dict(type='BN1d'),
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
    ),
)
