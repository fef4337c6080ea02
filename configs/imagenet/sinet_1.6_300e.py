# SINet of width 1.6 (paper: 73.1 top-1).
_base_ = './sinet_1.0_300e.py'
model = dict(
    backbone=dict(width=1.6),
    head=dict(in_channels=(40, 64, 128, 152, 304), mid_channels=2048),
)
