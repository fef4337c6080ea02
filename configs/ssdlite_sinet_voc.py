# A light one-stage detector: mmdet's SSDLite from scratch over blocks 4 and 5 of SINet of width
# 1.0, trained on VOC07+12 trainval and tested on VOC07 test.
_base_ = 'mmdet::ssd/ssdlite_mobilenetv2-scratch_8xb24-600e_coco.py'
from ic_backbones.runs.guards import custom_imports, default_hooks

model = dict(
    backbone=dict(type='ic_backbones.SINet', out_indices=(3, 4)),
    neck=dict(in_channels=(96, 192), out_channels=(96, 192, 512, 256, 256, 128)),
    bbox_head=dict(
        type='ic_backbones.SSDHead', in_channels=(96, 192, 512, 256, 256, 128), num_classes=20
    ),
)

train_pipeline = _base_.train_pipeline  # a box of zero size would make the loss infinite
train_pipeline.insert(5, dict(type='FilterAnnotations', min_gt_bbox_wh=(0, 0), keep_empty=False))
_voc = dict(
    type='VOCDataset',
    data_root='data/VOCdevkit/',
    filter_cfg=dict(filter_empty_gt=True, min_size=32),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            _delete_=True,
            type='ConcatDataset',
            ignore_keys=['dataset_type'],
            datasets=[
                dict(
                    **_voc,
                    ann_file=f'{year}/ImageSets/Main/trainval.txt',
                    data_prefix=dict(sub_data_root=f'{year}/'),
                    pipeline=train_pipeline,
                )
                for year in ('VOC2007', 'VOC2012')
            ],
        )
    )
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='VOCDataset',
        data_root='data/VOCdevkit/',
        ann_file='VOC2007/ImageSets/Main/test.txt',
        data_prefix=dict(sub_data_root='VOC2007/'),
        test_mode=True,
        pipeline=_base_.test_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='ic_backbones.VOCStyleMetric', eval_mode='11points')
test_evaluator = val_evaluator
