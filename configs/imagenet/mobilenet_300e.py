# MobileNet (SINet's table 2: 70.6 top-1), trained as SINet is.
_base_ = ['mmpretrain::_base_/models/mobilenet_v2_1x.py', '../_base_/imagenet_300e.py']
model = dict(
    backbone=dict(_delete_=True, type='ic_backbones.MobileNet'),
    head=dict(in_channels=1024, cal_acc=True),
)
