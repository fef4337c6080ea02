"""The start of W', values of alpha, learning rates and the weight decay of W', from scratch.

The recipe is that of screen_step_cifar10.py. "Start around 0": W' is drawn as where alpha starts at
0, and a schedule keeps alpha at 1; the other rows have the almost silent start.
"""

from cifar10_20000 import SCREEN
from narrow import LEARNED
from screen_scratch_cifar10 import rows as scratch

common = SCREEN
AROUND_ZERO = {
    'model.backbone.alpha': 0.0,
    'model.backbone.alpha_mode': 'scheduled',
    'custom_hooks': [dict(type='ic_backbones.AlphaScheduleHook', start=1.0, end=1.0)],
}
NO_DECAY = {'optim_wrapper.paramwise_cfg': dict(custom_keys={'w_prime': dict(decay_mult=0.0)})}


def peak(value: float) -> dict:
    return {'param_scheduler': [dict(SCREEN['param_scheduler'][0], eta_max=value)]}


IC = {  # of each IC row: its options, and what the plain row has in its name
    '': ({}, ''),
    ', start around 0': (AROUND_ZERO, ''),
    ', α 0.3': ({'model.backbone.alpha': 0.3}, ''),
    ', α learned from 0': (LEARNED, ''),
    ", W' without decay": (NO_DECAY, ''),
    ', learning rate 0.05': (peak(0.05), ', learning rate 0.05'),
    ', learning rate 0.2': (peak(0.2), ', learning rate 0.2'),
}
rows = {}
for name in ('VGG-16', 'ResNet-18'):
    plain, ic = scratch[name], scratch[f'IC-{name}']
    for suffix in ('', ', learning rate 0.05', ', learning rate 0.2'):
        rows[name + suffix] = dict(plain, options=plain['options'] | IC[suffix][0])
    for suffix, (options, against) in IC.items():
        rows[f'IC-{name}{suffix}'] = dict(
            ic, options=ic['options'] | options, against=name + against
        )
together = {
    suffix.removeprefix(', '): [
        (f'IC-{name}{suffix}', f'IC-{name}') for name in ('VGG-16', 'ResNet-18')
    ]
    for suffix, (_, against) in IC.items()
    if suffix and not against
}
