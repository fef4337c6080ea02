# SINet from scratch beside faster_rcnn_ic_r18_sample.py.
_base_ = './faster_rcnn_ic_r18_sample.py'

model = dict(
    backbone=dict(_delete_=True, type='ic_backbones.SINet', out_indices=(1, 2, 3, 4)),
    neck=dict(in_channels=[40, 80, 96, 192]),
)
