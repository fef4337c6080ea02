# IC-ResNeXt-29 (2x64d): the 3x3 convolutions of the blocks become IC layers with the same groups.
_base_ = './resnext29_200e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=_base_.model.backbone,
        convs=dict(name=r'layer.*', kernel_size=3),
    )
)
