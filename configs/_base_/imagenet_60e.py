# The schedule of IC v1: 60 epochs of batch 512 (here 8 GPUs with 64 images each), 0.1 divided by
# 10 every 15 epochs. Its "random crop" is read as mmpretrain's random resized crop.
_base_ = './imagenet.py'

train_dataloader = dict(batch_size=64)
train_cfg = dict(max_epochs=60)
param_scheduler = dict(milestones=[15, 30, 45])
auto_scale_lr = dict(base_batch_size=512)
