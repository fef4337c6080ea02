_base_ = '../_base_/cifar10.py'
model = dict(
    backbone=dict(type='ic_backbones.MobileNet', strides=(1, 1, 1, 2, 2, 2)),
    head=dict(in_channels=1024),
)
