# The plain network of SINet's ablations, tables 3 and 4.
_base_ = '../_base_/cifar100.py'
model = dict(backbone=dict(type='ic_backbones.SEResNet_CIFAR', depth=18, zero_init_residual=False))
