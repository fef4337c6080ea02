_base_ = ['../_base_/cifar10.py', '../_base_/sinet.py']
model = dict(
    backbone=_base_._sinet_cifar,
    neck=None,  # the head takes the maps of all blocks
    head=_base_._sinet_head,
)
