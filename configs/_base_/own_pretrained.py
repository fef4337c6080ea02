# For a GPU: Faster R-CNN with IC-ResNet-18 from torchvision's weights, the collision terms growing
# from 0. Batch norms and the first stage keep their values, as in mmdet's own configs.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    './mmdet_runtime.py',
    './voc_style.py',
]
model = dict(
    backbone=dict(
        type='ic_backbones.ICResNet',
        depth=18,
        alpha=0.0,
        alpha_mode='learned',
        init_cfg=dict(checkpoint='torchvision://resnet18'),
    ),
    neck=dict(in_channels=[64, 128, 256, 512]),
)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.005, momentum=0.9, weight_decay=1e-4),
    # Weight decay would pull alpha back to 0, the plain network.
    paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}),
)
# The learning rate above is meant for this batch size, and is proportional to it (Goyal et al.).
_lr_for = dict(batch_size=4, power=1)
