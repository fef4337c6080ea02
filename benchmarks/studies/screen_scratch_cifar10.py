"""A short form of confirm_scratch_cifar10.py: 20,000 images, 4 epochs."""

import confirm_scratch_cifar10
from cifar10_20000 import SCREEN

common = SCREEN
rows = confirm_scratch_cifar10.rows
