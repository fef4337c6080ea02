"""A learned alpha from 0 next to the plain networks and alpha = 1, from scratch.

The recipe is that of screen_step_cifar10.py; a learned alpha is exempt from weight decay.
"""

import screen_scratch_cifar10 as scratch

common = scratch.common
LEARNED = {
    'optim_wrapper.paramwise_cfg': dict(custom_keys={'alpha': dict(decay_mult=0.0)}),
    'model.backbone.alpha': 0.0,
    'model.backbone.alpha_mode': 'learned',
}
rows = {}
for name in ('ResNet-18', 'VGG-16', 'MobileNet'):
    own = dict(scratch.rows[f'IC-{name}'], against=name)
    rows |= {
        name: scratch.rows[name],
        f'IC-{name}': own,
        f'IC-{name}, learned α': dict(own, options=own['options'] | LEARNED),
    }
