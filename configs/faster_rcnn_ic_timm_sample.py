# A backbone of timm with IC layers from scratch, to compare with faster_rcnn_ic_r18_sample.py. It
# needs `pip install timm`.
_base_ = './faster_rcnn_ic_r18_sample.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=dict(
            type='mmpretrain.TIMMBackbone',
            model_name='resnet18',
            features_only=True,
            out_indices=(1, 2, 3, 4),
        ),
        convs=dict(name=r'timm_model\.layer.*', kernel_size=3),
    ),
    neck=dict(in_channels=[64, 128, 256, 512]),
)
