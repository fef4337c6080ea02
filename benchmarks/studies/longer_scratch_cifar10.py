"""Plain and IC of confirm_scratch_cifar10.py over 30 epochs in place of 6."""

import screen_scratch_cifar10
from cifar10_20000 import one_cycle
from cifar10_50000 import ALL

common = ALL | one_cycle(30)
NAMES = screen_scratch_cifar10.WIDENED
rows = {
    label: screen_scratch_cifar10.rows[label] | dict(against=name)
    for name in NAMES
    for label in (name, f'IC-{name}')
}
together = {'IC': [(f'IC-{name}', name) for name in NAMES]}
