# VGG-16-BN with the linear layers of SfNet's paper for 224x224 pixels, without its classes.
model = dict(
    type='ImageClassifier',
    backbone=dict(type='VGG', depth=16, norm_cfg=dict(type='BN')),
    head=dict(
        type='ic_backbones.FlattenedLinearClsHead',
        in_channels=512 * 7 * 7,
        mid_channels=[2048, 2048],
        norm_cfg=dict(type='BN1d'),
        cal_acc=True,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
    ),
)
