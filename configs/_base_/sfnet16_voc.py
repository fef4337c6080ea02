# SfNet of depth 16 for an FPN over scales 2 to 5 (strides 4 to 32). A VGG-16-BN checkpoint of
# mmpretrain fills scales 1 to 3. The composed scales are initialised, so nothing is frozen.
_sfnet = dict(
    type='ic_backbones.SfNet',
    out_indices=(1, 2, 3, 4),
    init_cfg=dict(
        type='Pretrained',
        checkpoint='https://download.openmmlab.com/mmclassification/v0/vgg/'
        'vgg16_bn_batch256_imagenet_20210208-7e55cd29.pth',
        prefix='backbone.',
    ),
)
_sfnet_channels = [128, 256, 512, 512]
