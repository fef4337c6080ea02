# The detector of faster_rcnn_ic_r18_sample.py, from a classifier's weights in place of random ones.
# Alpha is learned, from 0 or from what the weights hold.
_base_ = './faster_rcnn_ic_r18_sample.py'

model = dict(
    backbone=dict(
        alpha=0.0,
        alpha_mode='learned',
        init_cfg=dict(type='Pretrained', checkpoint='work_dirs/backbone.pth'),
    )
)
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
