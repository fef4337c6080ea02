"""The rows of screen_scratch_cifar10.py on all images, and an alpha that is learned from 0."""

import screen_scratch_cifar10
from cifar10_50000 import ALL
from narrow import LEARNED
from screen_scratch_cifar10 import WIDENED, with_variant

common = ALL
learned = with_variant(WIDENED, ', learned α', LEARNED)
rows = screen_scratch_cifar10.rows | {
    label: row for label, row in learned.items() if label not in screen_scratch_cifar10.rows
}
together = screen_scratch_cifar10.together | {
    'learned α': [(f'IC-{name}, learned α', name) for name in WIDENED],
    'learned α, against α = 1': [(f'IC-{name}, learned α', f'IC-{name}') for name in WIDENED],
}
