# SfNet of depth 16 in Faster R-CNN.
_base_ = ['./faster_rcnn_r50_voc.py', '_base_/sfnet16_voc.py']

model = dict(
    backbone=dict(_base_._sfnet, _delete_=True),
    neck=dict(in_channels=_base_._sfnet_channels),
)
optim_wrapper = dict(clip_grad=dict(max_norm=10, norm_type=2))
