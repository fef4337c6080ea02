# SINet of width 1.8 (paper: 74.8 top-1).
_base_ = './sinet_1.0_300e.py'
model = dict(
    backbone=dict(width=1.8),
    head=dict(in_channels=(40, 72, 144, 176, 344), mid_channels=2304),
)
