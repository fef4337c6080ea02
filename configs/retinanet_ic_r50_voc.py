# IC-ResNet-50 in RetinaNet, section 4.3 of IC Networks (paper: 78.2 mAP, 11 points).
_base_ = './retinanet_r50_voc.py'

# The weights are torchvision's plain ones, so alpha starts at 0 and is learned. To start from a
# checkpoint that was trained with weak logit distillation, add this to the command line:
#   --cfg-options model.backbone.init_cfg.checkpoint=FILE model.backbone.init_cfg.prefix=backbone.
model = dict(backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned'))
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
