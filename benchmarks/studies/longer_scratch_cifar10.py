"""The rows of screen_scratch_cifar10.py on all images, over 30 epochs in place of 6."""

import screen_scratch_cifar10
from cifar10_20000 import one_cycle
from cifar10_50000 import ALL

common = ALL | one_cycle(30)
rows = screen_scratch_cifar10.rows
together = screen_scratch_cifar10.together
