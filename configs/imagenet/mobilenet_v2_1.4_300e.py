# MobileNetV2 of width 1.4 (SINet's table 2: 74.7 top-1), trained as SINet is.
_base_ = ['mmpretrain::_base_/models/mobilenet_v2_1x.py', '../_base_/imagenet_300e.py']
model = dict(backbone=dict(widen_factor=1.4), head=dict(in_channels=1792, cal_acc=True))
