# SINet of width 1.0 in RetinaNet, otherwise as in faster_rcnn_sinet_voc.py.
_base_ = ['./retinanet_r50_voc.py', '_base_/voc_from_scratch.py']

model = dict(
    backbone=dict(_delete_=True, type='ic_backbones.SINet', out_indices=(1, 2, 3, 4)),
    neck=dict(in_channels=[40, 80, 96, 192]),
)
train_dataloader = dict(batch_size=8)

max_epochs = _base_._from_scratch.max_epochs
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = _base_._from_scratch.param_scheduler
optim_wrapper = _base_._from_scratch.optim_wrapper
auto_scale_lr = dict(base_batch_size=64)
