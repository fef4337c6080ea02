# SINet, width 1.0, in Faster R-CNN: FPN over blocks 2 to 5 (strides 4 to 32). From a classifier
# that was trained here (configs/imagenet/sinet_1.0_300e.py, then tools/export_backbone.py), add
#   --cfg-options model.backbone.init_cfg.type=Pretrained model.backbone.init_cfg.checkpoint=FILE
# From scratch, as it stands, BN learns: eight images a GPU, warm-up, clipping, 24 epochs.
_base_ = './faster_rcnn_r50_voc.py'

model = dict(
    backbone=dict(_delete_=True, type='ic_backbones.SINet', out_indices=(1, 2, 3, 4)),
    neck=dict(in_channels=[40, 80, 96, 192]),
)
train_dataloader = dict(batch_size=8)

max_epochs = 24
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=2000),
    dict(type='MultiStepLR', by_epoch=True, begin=0, end=max_epochs, milestones=[18, 22]),
]
optim_wrapper = dict(optimizer=dict(lr=0.02), clip_grad=dict(max_norm=10, norm_type=2))
auto_scale_lr = dict(base_batch_size=64)
