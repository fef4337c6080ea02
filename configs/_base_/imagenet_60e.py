# The schedule of IC v1: 60 epochs with batches of 512 (here 8 GPUs with 64 images each), and a
# learning rate of 0.1 divided by 10 every 15 epochs. We read its "random crop" as mmpretrain's
# random resized crop in training, and as a random square of 224 pixels in testing (table 4);
# validation during training keeps the centre crop, which does not depend on chance.
_base_ = './imagenet.py'

train_dataloader = dict(batch_size=64)
train_cfg = dict(max_epochs=60)
param_scheduler = dict(milestones=[15, 30, 45])
auto_scale_lr = dict(base_batch_size=512)

test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='ResizeEdge', scale=256, edge='short'),
            dict(type='RandomCrop', crop_size=224),
            dict(type='PackInputs'),
        ]
    )
)
