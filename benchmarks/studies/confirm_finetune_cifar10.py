"""The rows of screen_finetune_cifar10.py that have all seeds, on all images."""

import screen_finetune_cifar10
from cifar10_50000 import ALL

common = ALL
rows = {
    label: row
    for label, row in screen_finetune_cifar10.rows.items()
    if row.get('seeds') != screen_finetune_cifar10.TWO['seeds']
}
