# For a GPU: Faster R-CNN with ResNet-18 from torchvision's weights. Batch norms and the first stage
# keep their values, as in mmdet's own configs.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    './mmdet_runtime.py',
    './voc_style.py',
]
model = dict(
    backbone=dict(depth=18, init_cfg=dict(checkpoint='torchvision://resnet18')),
    neck=dict(in_channels=[64, 128, 256, 512]),
)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.005, momentum=0.9, weight_decay=1e-4),
)
# The learning rate above is meant for this batch size, and is proportional to it (Goyal et al.).
_lr_for = dict(batch_size=4, power=1)
