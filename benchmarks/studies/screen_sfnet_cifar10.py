"""SfNet's one cycle: where its peak lies, a cycled momentum, and AdamW, next to VGG-16.

The paper's code is fastai's, whose one cycle also lowers the momentum towards the peak.
"""

from cifar10_20000 import SCREEN

EPOCHS = SCREEN['train_cfg.max_epochs']
common = SCREEN | {
    'model.backbone.base_channels': 16,
    'model.backbone.smear_channels': 4,
    'model.head.in_channels': 128,
    'model.head.mid_channels': [256, 256],
}
CONFIG = 'configs/cifar10/sfnet16_30e.py'
SGD = dict(_delete_=True, type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4)
HALF = dict(SCREEN['param_scheduler'][0], pct_start=0.5)
MOMENTUM = [
    dict(
        type='CosineAnnealingMomentum',
        eta_min=low,
        begin=begin,
        end=begin + EPOCHS // 2,
        T_max=EPOCHS // 2,
        by_epoch=True,
        convert_to_iter_based=True,
    )
    for begin, low in ((0, 0.85), (EPOCHS // 2, 0.95))
]
ADAMW = {
    'param_scheduler': [dict(HALF, eta_max=0.01)],
    'optim_wrapper.optimizer': dict(_delete_=True, type='AdamW', lr=0.01, weight_decay=0.01),
}
SCHEDULES = {
    'peak at 30 %': {'optim_wrapper.optimizer': SGD},
    'peak at half': {'optim_wrapper.optimizer': SGD, 'param_scheduler': [HALF]},
    'peak at half, momentum cycled': {
        'optim_wrapper.optimizer': dict(SGD, momentum=0.95),
        'param_scheduler': [HALF, *MOMENTUM],
    },
    'peak at half, AdamW': ADAMW,
}
NETWORKS = {'VGG-16': {'model.backbone.composed_scales': ()}, 'SfNet': {}}
rows = {}
for name, schedule in SCHEDULES.items():
    for network, options in NETWORKS.items():
        against = [f'VGG-16, {name}'] if network == 'SfNet' else []
        earlier = (f'{network}, {other}' for other in ('peak at 30 %', 'peak at half'))
        against += [label for label in earlier if label in rows]
        row = dict(config=CONFIG, options=schedule | options)
        rows[f'{network}, {name}'] = row | (dict(against=against) if against else {})
rows['SfNet, peak at half, AdamW']['against'].append('SfNet, peak at half, momentum cycled')
