# ShuffleNet of width 1.5 (SINet's table 2: 71.5 top-1), trained as SINet is.
_base_ = ['mmpretrain::_base_/models/shufflenet_v1_1x.py', '../_base_/imagenet_300e.py']
model = dict(backbone=dict(widen_factor=1.5), head=dict(in_channels=1440, cal_acc=True))
