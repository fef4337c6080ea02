# IC-MobileNet: a depthwise convolution and its pointwise convolution form one IC layer. The paper
# has a constant alpha of 1, which is worse in short training runs (docs/results_ic.md).
_base_ = './mobilenet_200e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=_base_.model.backbone,
        pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.pointwise_conv\.conv'),
        alpha=0.0,
        alpha_mode='learned',
    )
)
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
