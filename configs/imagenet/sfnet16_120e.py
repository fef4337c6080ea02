# SfNet on ImageNet, which its author leaves open: the schedule of the other networks, 0.05 as VGG.
_base_ = './vgg16_120e.py'
model = dict(backbone=dict(type='ic_backbones.SfNet'))
