# ImageNet for a classifier without its model, the schedule of IC v2: 120 epochs of batch 256 (here
# 8 GPUs with 32 images each), 0.1 divided by 10 every 30 epochs, SGD 0.9, weight decay 1e-4.
# Other batches: --auto-scale-lr. Mixed precision: --amp. Memory format: --channels-last.
_base_ = [
    'mmpretrain::_base_/datasets/imagenet_bs32.py',
    'mmpretrain::_base_/schedules/imagenet_bs256.py',
    './mmpretrain_runtime.py',
]

train_cfg = dict(max_epochs=120)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1, save_best='auto'))

# 10-crop testing: tools/test.py --tta
tta_model = dict(type='AverageClsScoreTTA')
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='ic_backbones.TenCrop', crop_size=224),
]
