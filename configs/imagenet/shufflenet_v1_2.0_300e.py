# ShuffleNet of width 2 (SINet's table 2: 73.7 top-1), trained as SINet is.
_base_ = ['mmpretrain::_base_/models/shufflenet_v1_1x.py', '../_base_/imagenet_300e.py']
model = dict(backbone=dict(widen_factor=2.0), head=dict(in_channels=1920, cal_acc=True))
