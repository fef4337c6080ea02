# IC-SE-ResNet-18: the 3x3 convolutions of the blocks become IC layers.
_base_ = './se_resnet18_200e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=_base_.model.backbone,
        convs=dict(name=r'layer.*', kernel_size=3),
    )
)
