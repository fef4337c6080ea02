# Table 3 of SINet's paper, G = 2 with exchange. All pointwise convolutions are grouped.
_base_ = './mobilenet_150e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.SIBackbone',
        backbone=_base_.model.backbone,
        convs=r'blocks\..*\.pointwise_conv\.conv',
    )
)
