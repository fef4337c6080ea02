# ImageNet for a config that adds its model, with the schedule of SINet's paper, which is that of
# MobileNetV2: a learning rate of 0.045, times 0.98 per epoch, with batches of 256. The paper gives
# neither the number of epochs nor the weight decay; 300 and 4e-5 are mmpretrain's for MobileNetV2.
_base_ = [
    'mmpretrain::_base_/datasets/imagenet_bs32.py',
    'mmpretrain::_base_/schedules/imagenet_bs256_epochstep.py',
    './mmpretrain_runtime.py',
]
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1, save_best='auto'))
