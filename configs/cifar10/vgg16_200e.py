_base_ = '../_base_/cifar10.py'
model = dict(backbone=dict(type='VGG', depth=16, norm_cfg=dict(type='BN')))
