# IC-ResNet-18 by weak logit distillation with the paper's schedule for ImageNet. The teacher is a
# trained resnet18_200e.py, whose checkpoint contains its config.
_base_ = ['./resnet18_200e.py', '../_base_/wld.py']

model = dict(
    type='ic_backbones.WLDClassifier',
    teacher_checkpoint='work_dirs/resnet18_200e/epoch_200.pth',
    backbone=dict(type='ic_backbones.ICResNet_CIFAR', alpha=0.0, alpha_mode='learned'),
)

train_cfg = dict(max_epochs=30)
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(
    optimizer=dict(lr=0.001), paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)})
)
param_scheduler = dict(milestones=[15])
