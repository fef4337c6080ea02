# Table 4 of SINet's paper: the joint decision of all stages.
_base_ = ['./mobilenet_150e.py', '../_base_/joint_head.py']
model = dict(
    backbone=dict(out_indices=(0, 1, 2, 3, 4)),
    neck=None,
    head=dict(_base_._joint_head_cifar100, in_channels=(64, 128, 256, 512, 1024)),
)
