# The plain network of SINet's ablations, tables 3 and 4.
_base_ = '../_base_/cifar100.py'
model = dict(
    backbone=dict(type='ic_backbones.MobileNet', strides=(1, 1, 1, 2, 2, 2)),
    head=dict(in_channels=1024),
)
