# Table 4: the joint decision of all stages.
_base_ = './mobilenet_150e.py'
model = dict(
    backbone=dict(out_indices=(0, 1, 2, 3, 4)),
    neck=None,
    head=dict(
        _delete_=True,
        type='ic_backbones.JointDecisionHead',
        num_classes=100,
        in_channels=(64, 128, 256, 512, 1024),
        attention_channels=0.25,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
    ),
)
