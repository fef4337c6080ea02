# ImageNet for a config that adds its model, with the schedule of IC v2: 120 epochs with batches
# of 256 (here 8 GPUs with 32 images each), a learning rate of 0.1 divided by 10 every 30 epochs,
# SGD with momentum 0.9, weight decay 1e-4. For another batch size use --auto-scale-lr, for mixed
# precision --amp, and for channels_last --channels-last.
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
