"""SINet's learning rate, order and number of units, on 20,000 images; parts of sinet_cifar10.py."""

from cifar10_20000 import SCREEN
from sinet_cifar10 import common as small

NETWORK = {key: value for key, value in small.items() if key.startswith('model.')}
common = SCREEN | NETWORK
CONFIG = 'configs/cifar10/sinet_200e.py'
NORM_FIRST = {'model.backbone.order': ('conv', 'norm', 'act')}
LOW = {'param_scheduler': [dict(SCREEN['param_scheduler'][0], eta_max=0.01)]}
MORE = {'model.backbone.units': (1, 2, 4, 4, 4)}
PLAIN = {'model.backbone.exchange': False}
rows = {
    'SINet': dict(config=CONFIG),
    'SINet, learning rate 0.01': dict(config=CONFIG, options=LOW),
    'norm first': dict(config=CONFIG, options=NORM_FIRST),
    'norm first, learning rate 0.01': dict(config=CONFIG, options=NORM_FIRST | LOW),
    'norm first, more units': dict(config=CONFIG, options=NORM_FIRST | MORE),
    'norm first, more units, no exchange': dict(
        config=CONFIG, options=NORM_FIRST | MORE | PLAIN, against='norm first, more units'
    ),
}
