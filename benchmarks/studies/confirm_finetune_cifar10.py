"""The main rows of screen_finetune_cifar10.py on all images, with 10 epochs of fine-tuning."""

from cifar10_50000 import ALL
from narrow import changed
from screen_finetune_cifar10 import FINE, MAIN

common = ALL
LONGER = {
    'train_cfg.max_epochs': 10,
    'param_scheduler': [dict(FINE['param_scheduler'][0], milestones=[7])],
}
rows = {label: changed(row, LONGER) if 'teacher' in row else row for label, row in MAIN.items()}
