# IC-MobileNet: a depthwise convolution and its pointwise convolution form one IC layer.
_base_ = './mobilenet_200e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone={{_base_.model.backbone}},
        pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.pointwise_conv\.conv'),
    )
)
