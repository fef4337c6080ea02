"""The rows of screen_finetune_cifar10.py on all images, with 10 epochs of fine-tuning."""

import screen_finetune_cifar10
from cifar10_50000 import ALL
from narrow import changed
from screen_finetune_cifar10 import FINE

common = ALL
LONGER = {
    'train_cfg.max_epochs': 10,
    'param_scheduler': [dict(FINE['param_scheduler'][0], milestones=[7])],
}
rows = dict(screen_finetune_cifar10.rows)
for label, row in rows.items():
    if 'teacher' in row:
        rows[label] = changed(row, LONGER)
        if 'seeds' in row:
            rows[label]['seeds'] = 3
