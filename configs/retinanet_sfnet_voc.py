# SfNet, depth 16, in RetinaNet: as faster_rcnn_sfnet_voc.py.
_base_ = './retinanet_r50_voc.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.SfNet',
        out_indices=(1, 2, 3, 4),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmclassification/v0/vgg/'
            'vgg16_bn_batch256_imagenet_20210208-7e55cd29.pth',
            prefix='backbone.',
        ),
    ),
    neck=dict(in_channels=[128, 256, 512, 512]),
)
optim_wrapper = dict(clip_grad=dict(max_norm=10, norm_type=2))
