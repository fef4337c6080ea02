"""The rows of screen_scratch_cifar10.py on all images, and more.

IC block⁻ has another start, and ResNet-18 and VGG-16 an alpha that is learned from 0.
"""

import screen_minus_cifar10
import screen_scratch_cifar10
from cifar10_50000 import ALL
from narrow import LEARNED, changed
from screen_scratch_cifar10 import WIDENED

common = ALL
NORM_FROM_1 = 'IC-ResNet-18⁻, norm_local from 1'
rows = screen_scratch_cifar10.rows | {NORM_FROM_1: screen_minus_cifar10.rows[NORM_FROM_1]}
for name in WIDENED:
    both = [name, f'IC-{name}']
    rows[f'IC-{name}, learned α'] = changed(rows[f'IC-{name}'], LEARNED, against=both)
together = screen_scratch_cifar10.together | {
    'learned α': [(f'IC-{name}, learned α', name) for name in WIDENED],
    'learned α, against α = 1': [(f'IC-{name}, learned α', f'IC-{name}') for name in WIDENED],
}
