"""SINet without each of its parts on all images, in both orders.

The network is that of screen_sinet_cifar10.py; its funnels start as the identity, and its maps
pass a norm and ReLU6 before their averages.
"""

from cifar10_50000 import ALL
from screen_sinet_cifar10 import CHANNELS, NETWORK, ORDERS, POOL_NEW

common = ALL | NETWORK | POOL_NEW
LAST = {'model.backbone.out_indices': (4,), 'model.head.in_channels': CHANNELS[-1:]}
PARTS = {
    'SINet': {},
    'G = 1': {'model.backbone.groups': 1},
    'without exchange': {'model.backbone.exchange': False},
    'without funnel': {'model.backbone.funnel': False},
    'last map alone': LAST,
}
rows = {
    f'{part}, {order}': dict(
        config='configs/cifar10/sinet_200e.py',
        options=ORDERS[order] | options,
        against=f'SINet, {order}',
    )
    for order in ORDERS
    for part, options in PARTS.items()
}
