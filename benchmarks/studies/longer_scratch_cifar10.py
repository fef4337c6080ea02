"""Rows of confirm_scratch_cifar10.py over 30 epochs in place of 6."""

import screen_scratch_cifar10
from cifar10_20000 import one_cycle
from cifar10_50000 import ALL

common = ALL | one_cycle(30)
rows = {label: row for label, row in screen_scratch_cifar10.rows.items() if label != 'IC-MobileNet'}
QUESTIONS = screen_scratch_cifar10.together
together = {
    'IC': QUESTIONS['IC, without MobileNet'],
    **{name: QUESTIONS[name] for name in ('IC, against the wider network', 'the wider network')},
}
