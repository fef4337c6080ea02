# IC-ResNet-18 by weak logit distillation from resnet18_20e.py, with a third of the paper's epochs.
_base_ = ['./resnet18_20e.py', '../_base_/wld.py']

model = dict(
    type='ic_backbones.WLDClassifier',
    teacher_checkpoint='work_dirs/pretrain_demo/teacher/epoch_20.pth',
    backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned'),
)

train_cfg = dict(max_epochs=10)
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(
    optimizer=dict(lr=0.01), paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)})
)
param_scheduler = dict(T_max=10)
