# IC-ResNet-18 by weak logit distillation, sections 3.3 and 4.1 of IC Networks: 30 epochs from a
# trained plain network, with a learning rate of 0.001 divided by 10 after 15 epochs.
_base_ = ['./resnet18_120e.py', '../_base_/wld.py']

model = dict(
    type='ic_backbones.WLDClassifier',
    teacher=_base_.model,
    teacher_checkpoint='torchvision://resnet18',
    backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned'),
)

train_cfg = dict(max_epochs=30)
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(
    optimizer=dict(lr=0.001), paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)})
)
param_scheduler = dict(milestones=[15])
