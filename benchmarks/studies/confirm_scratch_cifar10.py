"""The rows of screen_scratch_cifar10.py on all images."""

import screen_scratch_cifar10
from cifar10_50000 import ALL

common = ALL
rows = screen_scratch_cifar10.rows
together = screen_scratch_cifar10.together
