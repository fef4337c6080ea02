# For a GPU: own_plain_pretrained.py with IC-ResNet-18, whose collision terms grow from 0.
_base_ = './own_plain_pretrained.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned'))
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
