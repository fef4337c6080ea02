# IC-EfficientNet-B1, like B0 but on larger images.
_base_ = './ic_efficientnet_b0_wld_30e.py'

model = dict(
    teacher=dict(backbone=dict(arch='b1')),
    teacher_checkpoint='https://download.openmmlab.com/mmclassification/v0/efficientnet/'
    'efficientnet-b1_3rdparty_8xb32_in1k_20220119-002556d9.pth',
    backbone=dict(backbone=dict(arch='b1')),
)

train_dataloader = _base_.train_dataloader
train_dataloader.dataset.pipeline[1].scale = 240
val_dataloader = _base_.val_dataloader
val_dataloader.dataset.pipeline[1].crop_size = 240
test_dataloader = val_dataloader
