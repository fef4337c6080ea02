_base_ = '../_base_/cifar10.py'
model = dict(backbone=dict(type='ResNet_CIFAR', depth=18))
