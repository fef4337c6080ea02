# SINet of width 1.0 (paper: 70.1 top-1).
_base_ = ['../_base_/imagenet_300e.py', '../_base_/sinet.py']

model = dict(
    type='ImageClassifier',
    backbone=_base_._sinet,
    head=dict(_base_._sinet_head, num_classes=1000, topk=(1, 5)),
)
