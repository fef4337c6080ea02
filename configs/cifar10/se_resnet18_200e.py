_base_ = '../_base_/cifar10.py'
model = dict(backbone=dict(type='ic_backbones.SEResNet_CIFAR', depth=18, zero_init_residual=False))
