_base_ = '../_base_/cifar10.py'
model = dict(
    backbone=dict(
        type='ic_backbones.ResNeXt_CIFAR',
        depth=29,
        num_stages=3,
        groups=2,
        width_per_group=64,
        out_indices=(2,),
        zero_init_residual=False,
    ),
    head=dict(in_channels=1024),
)
