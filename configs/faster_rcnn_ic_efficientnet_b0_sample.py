# IC-EfficientNet-B0 from scratch, to compare with faster_rcnn_ic_r18_sample.py. Alpha is learned as
# in cifar10/ic_mobilenet_200e.py.
_base_ = './faster_rcnn_ic_r18_sample.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=dict(type='mmpretrain.EfficientNet', arch='b0', out_indices=(2, 3, 4, 5)),
        pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.linear_conv\.conv'),
        alpha=0.0,
        alpha_mode='learned',
    ),
    neck=dict(in_channels=[24, 40, 112, 320]),
)
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
