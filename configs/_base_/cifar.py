# What CIFAR-10 and CIFAR-100 share: SGD with momentum 0.9, and a linear head for a backbone whose
# last map has 512 channels; backbone and classes are still missing.
_base_ = [
    'mmpretrain::_base_/schedules/cifar10_bs128.py',
    './mmpretrain_runtime.py',
]
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead',
        in_channels=512,
        cal_acc=True,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
    ),
)
default_hooks = dict(checkpoint=dict(interval=10, max_keep_ckpts=1, save_best='auto'))
