# A small Faster R-CNN for training from scratch on small images. FPN and head have BN in train
# mode, since nothing is frozen; everything is narrow, proposals are few, and anchors start at 16
# pixels.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    './voc_style.py',
    './mmdet_runtime.py',
]

norm_cfg = dict(type='BN')
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICResNet',
        depth=18,
        stem_channels=32,
        base_channels=32,
        out_indices=(0, 1, 2, 3),
    ),
    neck=dict(in_channels=[32, 64, 128, 256], out_channels=64, norm_cfg=norm_cfg),
    rpn_head=dict(in_channels=64, feat_channels=64, anchor_generator=dict(scales=[4])),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64),
        bbox_head=dict(
            _delete_=True,
            type='ConvFCBBoxHead',
            num_shared_convs=2,
            num_shared_fcs=1,
            in_channels=64,
            conv_out_channels=64,
            fc_out_channels=256,
            norm_cfg=norm_cfg,
            num_classes=1,
            reg_class_agnostic=False,
            bbox_coder=dict(type='DeltaXYWHBBoxCoder', target_stds=[0.1, 0.1, 0.2, 0.2]),
            loss_cls=dict(type='CrossEntropyLoss'),
            loss_bbox=dict(type='L1Loss'),
        ),
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=250, max_per_img=200), rcnn=dict(sampler=dict(num=64))
    ),
    test_cfg=dict(rpn=dict(nms_pre=250, max_per_img=100)),
)
