# SfNet on CIFAR-10 (paper: 91.50 %, VGG-16-BN 91.32 %).
_base_ = './vgg16_30e.py'
model = dict(backbone=dict(type='ic_backbones.SfNet'))
