# SfNet of depth 11 from scratch, to compare with faster_rcnn_ic_r18_sample.py.
_base_ = './faster_rcnn_ic_r18_sample.py'

model = dict(
    backbone=dict(_delete_=True, type='ic_backbones.SfNet', depth=11, out_indices=(1, 2, 3, 4)),
    neck=dict(in_channels=[128, 256, 512, 512]),
)
