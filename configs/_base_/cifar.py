# What CIFAR-10 and CIFAR-100 share: batches of 128, SGD with momentum 0.9, a linear head.
_base_ = [
    'mmpretrain::_base_/schedules/cifar10_bs128.py',
    './mmpretrain_runtime.py',
    './linear_head.py',
]
default_hooks = dict(checkpoint=dict(interval=10, max_keep_ckpts=1, save_best='auto'))
