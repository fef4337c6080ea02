"""SINet's pooling, start of the funnels, order and learning rate.

A narrow network of few units. "Old": the head averages the maps as they come, and the funnels
start at random. "Both": norms in the head (each map passes a norm and ReLU6 before its average),
and funnels that start as the identity.
"""

from cifar10_20000 import SCREEN

CHANNELS = (16, 24, 32, 48, 64)
NETWORK = {
    'model.backbone.channels': CHANNELS,
    'model.backbone.units': (1, 2, 2, 2, 2),
    'model.backbone.strides': (2, 1, 2, 2, 2),
    'model.head.in_channels': CHANNELS,
    'model.head.mid_channels': 128,
}
common = SCREEN | NETWORK
BN = dict(type='BN')
ORDERS = {
    'act first': {'model.backbone.order': ('conv', 'act', 'norm')},
    'norm first': {'model.backbone.order': ('conv', 'norm', 'act')},
}
POOL_OLD, POOL_NEW = {'model.head.map_norm_cfg': None}, {'model.head.map_norm_cfg': BN}
RANDOM = {'model.backbone.funnel': dict(start='random')}
IDENTITY = {'model.backbone.funnel': dict(start='identity')}
NORMED = {'model.backbone.funnel': dict(start='identity', norm_cfg=BN)}
LOW = {'param_scheduler': [dict(SCREEN['param_scheduler'][0], eta_max=0.01)]}
KINDS = {  # of each: what it is compared with, and its options
    'old': ('old', RANDOM | POOL_OLD),
    'norms in the head': ('old', RANDOM | POOL_NEW),
    'identity funnel': ('old', IDENTITY | POOL_OLD),
    'both': ('old', IDENTITY | POOL_NEW),
    'both, norm behind the funnel': ('both', NORMED | POOL_NEW),
    'both, learning rate 0.01': ('both', IDENTITY | POOL_NEW | LOW),
}
rows = {
    f'{order}, {kind}': dict(
        config='configs/cifar10/sinet_200e.py',
        options=ORDERS[order] | options,
        against=[f'{order}, {against}'] + ['act first, ' + kind] * (order == 'norm first'),
    )
    for order in ORDERS
    for kind, (against, options) in KINDS.items()
}
together = {
    'norm first': [(f'norm first, {kind}', f'act first, {kind}') for kind in KINDS],
    'identity funnel': [(f'{order}, identity funnel', f'{order}, old') for order in ORDERS],
    'norms in the head': [(f'{order}, norms in the head', f'{order}, old') for order in ORDERS],
}
