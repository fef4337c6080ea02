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
THREE = dict(seeds=3)  # in the place of the screen's two
rows = {
    label: changed(row, LONGER, **(THREE if 'seeds' in row else {})) if 'teacher' in row else row
    for label, row in screen_finetune_cifar10.rows.items()
}
