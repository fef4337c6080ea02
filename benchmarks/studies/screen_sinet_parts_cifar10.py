"""A short form of confirm_sinet_cifar10.py: 20,000 images, 4 epochs."""

import confirm_sinet_cifar10
from cifar10_20000 import SCREEN

common = confirm_sinet_cifar10.common | SCREEN
rows = confirm_sinet_cifar10.rows
