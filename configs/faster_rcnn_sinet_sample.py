# A shallow SINet from scratch, to compare with faster_rcnn_ic_r18_sample.py. It is trained for
# twice as many epochs.
_base_ = './faster_rcnn_ic_r18_sample.py'

max_epochs = 16
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.SINet',
        units=(1, 1, 2, 2, 2),
        out_indices=(1, 2, 3, 4),
    ),
    neck=dict(in_channels=[40, 80, 96, 192]),
)
train_cfg = dict(max_epochs=max_epochs)
_warm_up, _cosine = _base_.param_scheduler
param_scheduler = [_warm_up, dict(_cosine, end=max_epochs, T_max=max_epochs)]
