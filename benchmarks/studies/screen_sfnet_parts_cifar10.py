"""SfNet's kernel size, and a stride in place of its last pool, with the recipe of its config."""

import screen_sfnet_cifar10

common = screen_sfnet_cifar10.common
PARTS = {
    'kernel 1': {'model.backbone.kernel_size': 1},
    'kernel 5': {'model.backbone.kernel_size': 5},
    'stride 2 for the pool': {'model.backbone.last_stride': 2},
}
sfnet = dict(screen_sfnet_cifar10.rows['SfNet, peak at half, AdamW'], against='SfNet')
rows = {'SfNet': sfnet} | {
    f'SfNet, {part}': dict(sfnet, options=sfnet['options'] | options)
    for part, options in PARTS.items()
}
