"""The start of W', values of alpha, learning rates and the weight decay of W', from scratch.

The recipe is that of cifar10_20000.py. "Start around 0": W' is drawn with zero mean, and a schedule
keeps alpha at its value. W' is drawn so as well where alpha is learned from 0; in the other rows it
starts so that the collision term is almost 0.
"""

from cifar10_20000 import SCREEN
from narrow import LEARNED, changed, scheduled
from screen_scratch_cifar10 import rows as scratch

common = SCREEN
NO_DECAY = {'optim_wrapper.paramwise_cfg': dict(custom_keys={'w_prime': dict(decay_mult=0.0)})}


def peak(value: float) -> dict:
    return {'param_scheduler': [dict(SCREEN['param_scheduler'][0], eta_max=value)]}


IC = {  # of each IC row: its options, and what the plain row has in its name
    '': ({}, ''),
    ', start around 0': (scheduled(1.0, 1.0), ''),
    ', α 0.3': ({'model.backbone.alpha': 0.3}, ''),
    ', α 0.3, start around 0': (scheduled(0.3, 0.3), ''),
    ', α learned from 0': (LEARNED, ''),
    ", W' without decay": (NO_DECAY, ''),
    ', learning rate 0.05': (peak(0.05), ', learning rate 0.05'),
    ', learning rate 0.05, start around 0': (
        scheduled(1.0, 1.0) | peak(0.05),
        ', learning rate 0.05',
    ),
    ', learning rate 0.2': (peak(0.2), ', learning rate 0.2'),
}
NAMES = ('VGG-16', 'ResNet-18')


def seeds(suffix: str) -> dict:
    """As many as --seeds for plain, IC, a learned alpha and the decay of W'; two for the others."""
    return {} if suffix in ('', ', α learned from 0', ", W' without decay") else dict(seeds=2)


rows = {}
for name in NAMES:
    plain, ic = scratch[name], scratch[f'IC-{name}']
    for suffix in ('', ', learning rate 0.05', ', learning rate 0.2'):
        rows[name + suffix] = changed(plain, IC[suffix][0], **seeds(suffix))
    for suffix, (options, against) in IC.items():
        rows[f'IC-{name}{suffix}'] = changed(ic, options, against=name + against, **seeds(suffix))
together = {
    'start around 0': [
        (f'IC-{name}{other}, start around 0', f'IC-{name}{other}')
        for name in NAMES
        for other in ('', ', α 0.3', ', learning rate 0.05')
    ],
    **{
        suffix.removeprefix(', '): [(f'IC-{name}{suffix}', f'IC-{name}') for name in NAMES]
        for suffix in (', α 0.3', ', α learned from 0', ", W' without decay")
    },
    **{
        f'IC, learning rate {rate}': [
            (f'IC-{name}, learning rate {rate}', f'{name}, learning rate {rate}') for name in NAMES
        ]
        for rate in (0.05, 0.2)
    },
}
