# The plain network of SINet's ablations, tables 3 and 4.
_base_ = '../_base_/cifar100.py'
model = dict(backbone=dict(type='ResNet_CIFAR', depth=34, zero_init_residual=False))
