# No paper has zero_init_residual, which cost 2.1 ± 1.4 points in short trainings
# (docs/results_ic.md).
_base_ = '../_base_/cifar10.py'
model = dict(backbone=dict(type='ResNet_CIFAR', depth=18, zero_init_residual=False))
