"""The rows of screen_finetune_cifar10.py, and more, on all images with 10 epochs of fine-tuning."""

from cifar10_50000 import ALL
from narrow import changed, scheduled
from screen_finetune_cifar10 import DISTILLED, FINE, IC_LEARNED, LOAD, PLAIN, distilled, tuned
from screen_finetune_cifar10 import rows as screen

common = ALL
LONGER = {
    'train_cfg.max_epochs': 10,
    'param_scheduler': [dict(FINE['param_scheduler'][0], milestones=[7])],
}
rows = {
    **{label: screen[label] for label in ('ResNet-18', PLAIN, IC_LEARNED)},
    **{
        f'IC, α to {end}': tuned('ic_resnet18_200e', LOAD, scheduled(0.0, end))
        for end in (0.01, 0.02, 0.04)
    },
    DISTILLED: screen[DISTILLED],
    'WLD, τ 2, e 0.005': distilled(2.0, 0.005, DISTILLED),
    'WLD, τ 1, e 0.005': distilled(1.0, 0.005, DISTILLED, 'WLD, τ 2, e 0.005'),
    **{
        f'WLD, τ {tau:.0f}, e 0': distilled(tau, 0.0, f'WLD, τ {tau:.0f}, e 0.005')
        for tau in (1.0, 2.0, 4.0)
    },
}
for label, row in rows.items():
    if 'teacher' in row:
        rows[label] = changed(row, LONGER)
