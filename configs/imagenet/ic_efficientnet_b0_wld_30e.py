# IC-EfficientNet-B0 by weak logit distillation, section 4.2 of IC Networks: 30 epochs with a
# learning rate of 0.001 divided by 10 every 10 epochs. The depthwise convolution and the
# projection of a block form one IC layer.
_base_ = ['./efficientnet_b0.py', '../_base_/wld.py', '../_base_/training_accuracy.py']

model = dict(
    type='ic_backbones.WLDClassifier',
    teacher=_base_.model,
    teacher_checkpoint='https://download.openmmlab.com/mmclassification/v0/efficientnet/'
    'efficientnet-b0_3rdparty_8xb32_in1k_20220119-a7e2a0b1.pth',
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=_base_.model.backbone,
        pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.linear_conv\.conv'),
        alpha=0.0,
        alpha_mode='learned',
    ),
    head=dict(cal_acc=True),
)

train_cfg = dict(max_epochs=30)
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(
    optimizer=dict(lr=0.001), paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)})
)
param_scheduler = dict(milestones=[10, 20])
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1, save_best='auto'))
