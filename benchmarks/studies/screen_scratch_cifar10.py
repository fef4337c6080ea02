"""A short form of confirm_scratch_cifar10.py: 20,000 images, 4 epochs."""

from cifar10_20000 import SCREEN
from confirm_scratch_cifar10 import rows  # noqa: F401

common = SCREEN
