# SfNet on ImageNet, which its author leaves open, with the schedule of vgg16_120e.py.
_base_ = './vgg16_120e.py'
model = dict(backbone=dict(type='ic_backbones.SfNet'))
