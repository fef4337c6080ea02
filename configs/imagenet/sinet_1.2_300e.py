# SINet of width 1.2 (paper: 71.0 top-1).
_base_ = './sinet_1.0_300e.py'
model = dict(
    backbone=dict(width=1.2),
    head=dict(in_channels=(32, 48, 96, 112, 232), mid_channels=1536),
)
