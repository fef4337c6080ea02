# MobileNetV2 of width 1.0 (SINet's table 2: 71.8 top-1), trained as SINet is.
_base_ = ['mmpretrain::_base_/models/mobilenet_v2_1x.py', '../_base_/imagenet_300e.py']
model = dict(head=dict(cal_acc=True))
