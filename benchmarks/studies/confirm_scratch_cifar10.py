"""The rows of screen_scratch_cifar10.py on all images, and an alpha that is learned from 0."""

import screen_scratch_cifar10
from cifar10_50000 import ALL
from narrow import LEARNED, changed
from screen_scratch_cifar10 import WIDENED

common = ALL
rows = dict(screen_scratch_cifar10.rows)
for name in WIDENED:
    both = [name, f'IC-{name}']
    rows[f'IC-{name}, learned α'] = changed(rows[f'IC-{name}'], LEARNED, against=both)
together = screen_scratch_cifar10.together | {
    'learned α': [(f'IC-{name}, learned α', name) for name in WIDENED],
    'learned α, against α = 1': [(f'IC-{name}, learned α', f'IC-{name}') for name in WIDENED],
}
