"""SINet with one part removed at a time, or in the paper's order, and the same with more units.

The network is that of screen_sinet_cifar10.py. Of its 9 units 4 have a shortcut, of the deeper
one's 17 units 12.
"""

from screen_sinet_cifar10 import CHANNELS, ORDERS, PLAIN_HEAD, RANDOM
from screen_sinet_cifar10 import common as settings

common = settings | ORDERS['norm first'] | RANDOM | PLAIN_HEAD
DEEPER = {'model.backbone.units': (1, 4, 4, 4, 4)}
PARTS = {
    'G = 1': {'model.backbone.groups': 1},
    'without exchange': {'model.backbone.exchange': False},
    'without funnel': {'model.backbone.funnel': False},
}
NARROWER = (16, 16, 24, 32, 48)  # with which one group has the multiply-adds of two
ALSO = {
    'G = 1, narrower': {
        'model.backbone.groups': 1,
        'model.backbone.channels': NARROWER,
        'model.head.in_channels': NARROWER,
    },
    'last map alone': {'model.backbone.out_indices': (4,), 'model.head.in_channels': CHANNELS[-1:]},
    "the paper's order": ORDERS['act first'],
}
rows = {}
for name, depth, parts in (('SINet', {}, PARTS | ALSO), ('deeper SINet', DEEPER, PARTS)):
    for part, options in ({'': {}} | parts).items():
        rows[f'{name}, {part}' if part else name] = dict(
            config='configs/cifar10/sinet_200e.py', options=depth | options, against=name
        )
together = {
    part: [(f'{name}, {part}', name) for name in ('SINet', 'deeper SINet')] for part in PARTS
}
