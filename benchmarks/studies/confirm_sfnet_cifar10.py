"""SfNet next to VGG-16 on all images, with the recipe of the configs: AdamW, peak at half."""

import screen_sfnet_cifar10 as screen
from cifar10_50000 import ALL
from narrow import changed

common = screen.common | ALL
CYCLE = dict(ALL['param_scheduler'][0], pct_start=0.5, eta_max=0.01)
rows = {
    network: changed(
        screen.rows[f'{network}, peak at half, AdamW'],
        {'param_scheduler': [CYCLE]},
        against='VGG-16',
    )
    for network in screen.NETWORKS
}
