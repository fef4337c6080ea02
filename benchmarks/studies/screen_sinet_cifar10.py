"""SINet's pooling, start of the funnels, order and learning rate.

A narrow network of few units. "Act first" and "norm first" are the orders of the paper and of
MobileNetV2; where nothing else is named, the head averages the maps as they come, and the funnels
start at random. "Norms in the head": each map passes a norm and ReLU6 before its average. "Identity
funnel": the funnels start as the identity of the exchange's output. "Both": these two.
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
PLAIN_HEAD, NORMED_HEAD = {'model.head.map_norm_cfg': None}, {'model.head.map_norm_cfg': BN}
RANDOM = {'model.backbone.funnel': dict(start='random')}
IDENTITY = {'model.backbone.funnel': dict(start='identity')}
NORMED = {'model.backbone.funnel': dict(start='identity', norm_cfg=BN)}
LOW = {'param_scheduler': [dict(SCREEN['param_scheduler'][0], eta_max=0.01)]}
KINDS = {  # of each: what it is compared with, and its options
    '': ('', RANDOM | PLAIN_HEAD),
    ', norms in the head': ('', RANDOM | NORMED_HEAD),
    ', identity funnel': ('', IDENTITY | PLAIN_HEAD),
    ', identity funnel, norm after it': (', identity funnel', NORMED | PLAIN_HEAD),
    ', learning rate 0.01': ('', RANDOM | PLAIN_HEAD | LOW),
    ', both': ('', IDENTITY | NORMED_HEAD),
    ', both, norm after the funnel': (', both', NORMED | NORMED_HEAD),
    ', both, learning rate 0.01': (', both', IDENTITY | NORMED_HEAD | LOW),
}
rows = {
    order + kind: dict(
        config='configs/cifar10/sinet_200e.py',
        options=ORDERS[order] | options,
        against=[order + against] + ['act first' + kind] * (order == 'norm first'),
    )
    for order in ORDERS
    for kind, (against, options) in KINDS.items()
}
QUESTIONS = {  # of each question: a kind and what it differs from, twice where there are two
    'identity funnel': {', identity funnel': '', ', both': ', norms in the head'},
    'norms in the head': {', norms in the head': '', ', both': ', identity funnel'},
    'norm after the funnel': {
        ', identity funnel, norm after it': ', identity funnel',
        ', both, norm after the funnel': ', both',
    },
    'learning rate 0.01': {', learning rate 0.01': '', ', both, learning rate 0.01': ', both'},
}
together = {'norm first': [(f'norm first{kind}', f'act first{kind}') for kind in KINDS]} | {
    question: [(order + kind, order + other) for order in ORDERS for kind, other in kinds.items()]
    for question, kinds in QUESTIONS.items()
}
