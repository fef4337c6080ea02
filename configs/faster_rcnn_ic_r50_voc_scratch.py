# IC-ResNet-50 in Faster R-CNN without pretrained weights: nothing is frozen, and GN replaces BN,
# because two images per GPU are too few for BN in train mode. alpha is learned from 0, since a
# constant 1 was worse in short training runs of a narrow classifier (docs/results_ic.md).
_base_ = ['./faster_rcnn_r50_voc.py', '_base_/voc_from_scratch.py']

norm_cfg = dict(type='GN', num_groups=32)
model = dict(
    backbone=dict(
        type='ic_backbones.ICResNet',
        alpha=0.0,
        alpha_mode='learned',
        frozen_stages=-1,
        norm_eval=False,
        norm_cfg=dict(_delete_=True, **norm_cfg),
        init_cfg=None,
    ),
    neck=dict(norm_cfg=norm_cfg),
    roi_head=dict(bbox_head=dict(type='Shared4Conv1FCBBoxHead', norm_cfg=norm_cfg)),
)

max_epochs = _base_._from_scratch.max_epochs
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = _base_._from_scratch.param_scheduler
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(
    **_base_._from_scratch.optim_wrapper,
    paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}),
)
