# Table 3 of SINet's paper, G = 2 with exchange. Both pointwise convolutions of blocks with a
# shortcut are grouped.
_base_ = './mobilenet_v2_150e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.SIBackbone',
        backbone=_base_.model.backbone,
        convs=r'layer\d\.[1-9]\.conv\.[02]\.conv',
    )
)
