# None of the papers has zero_init_residual, and it cost accuracy in short training runs
# (docs/results_ic.md).
_base_ = '../_base_/cifar10.py'
model = dict(backbone=dict(type='ResNet_CIFAR', depth=18, zero_init_residual=False))
