# The plain network of SINet's ablations, tables 3 and 4.
_base_ = '../_base_/cifar100.py'
model = dict(
    backbone=dict(type='ic_backbones.MobileNetV2', strides=(1, 1, 1, 2, 2, 1, 2, 1)),
    head=dict(in_channels=1280),
)
