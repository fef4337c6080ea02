# The paper has a constant alpha of 1, which was worse in short training runs of a narrow ResNet-50
# on CIFAR-10 (docs/results_ic.md).
_base_ = './resnet50_120e.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned'))
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
