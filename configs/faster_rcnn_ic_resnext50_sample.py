# A narrow IC-ResNeXt-50 from scratch, to compare with faster_rcnn_ic_r18_sample.py.
_base_ = './faster_rcnn_ic_r18_sample.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICBackbone',
        backbone=dict(
            type='mmpretrain.ResNeXt',
            depth=50,
            groups=8,
            width_per_group=4,
            stem_channels=32,
            base_channels=32,
            out_indices=(0, 1, 2, 3),
        ),
        convs=dict(name=r'layer.*', kernel_size=3),
    ),
    neck=dict(in_channels=[128, 256, 512, 1024]),
)
