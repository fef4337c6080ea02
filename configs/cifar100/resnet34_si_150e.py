# Table 3 of SINet's paper, G = 2 with exchange. The first convolution of every block is grouped,
# and the second one in blocks with an identity shortcut.
_base_ = './resnet34_150e.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.SIBackbone',
        backbone=_base_.model.backbone,
        convs=r'layer\d\.\d\.conv1|layer(1\.0|\d\.[1-9])\.conv2',
    )
)
