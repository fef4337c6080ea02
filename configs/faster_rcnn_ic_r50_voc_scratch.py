# Without pretrained weights: alpha = 1 from the start, nothing frozen, GN because two images a GPU
# are too few for BN in train mode, a long warm-up, gradient clipping, six times the schedule.
_base_ = './faster_rcnn_r50_voc.py'

norm_cfg = dict(type='GN', num_groups=32)
model = dict(
    backbone=dict(
        type='ic_backbones.ICResNet',
        frozen_stages=-1,
        norm_eval=False,
        norm_cfg=dict(_delete_=True, **norm_cfg),
        init_cfg=None,
    ),
    neck=dict(norm_cfg=norm_cfg),
    roi_head=dict(bbox_head=dict(type='Shared4Conv1FCBBoxHead', norm_cfg=norm_cfg)),
)

max_epochs = 24
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=2000),
    dict(type='MultiStepLR', by_epoch=True, begin=0, end=max_epochs, milestones=[18, 22]),
]
optim_wrapper = dict(optimizer=dict(lr=0.02), clip_grad=dict(max_norm=10, norm_type=2))
