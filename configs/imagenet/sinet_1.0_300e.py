# SINet of width 1.0 (paper: 70.1 top-1). As for MobileNetV2, the learning rate is 0.045, times 0.98
# per epoch, with batches of 256. The paper gives neither the number of epochs nor the weight decay;
# 300 and 4e-5 are mmpretrain's for MobileNetV2.
_base_ = [
    'mmpretrain::_base_/datasets/imagenet_bs32.py',
    'mmpretrain::_base_/schedules/imagenet_bs256_epochstep.py',
    '../_base_/mmpretrain_runtime.py',
    '../_base_/sinet.py',
]

model = dict(
    type='ImageClassifier',
    backbone=_base_._sinet,
    head=dict(_base_._sinet_head, num_classes=1000, topk=(1, 5)),
)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1, save_best='auto'))
