# IC-VGG-16: all convolutions but the first become IC layers.
_base_ = './vgg16_200e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=_base_.model.backbone,
        convs=dict(skip_first=True),
    )
)
