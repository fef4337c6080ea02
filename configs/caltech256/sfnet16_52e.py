# SfNet on CALTECH-256.
_base_ = './vgg16_52e.py'
model = dict(backbone=dict(type='ic_backbones.SfNet'))
