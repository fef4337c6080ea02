# ShuffleNetV2 of width 2 (SINet's table 2: 74.9 top-1), trained as SINet is.
_base_ = ['mmpretrain::_base_/models/shufflenet_v2_1x.py', '../_base_/imagenet_300e.py']
model = dict(backbone=dict(widen_factor=2.0), head=dict(in_channels=2048, cal_acc=True))
