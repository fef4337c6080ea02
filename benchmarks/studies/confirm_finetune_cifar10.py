"""The main rows of screen_finetune_cifar10.py on all images."""

from cifar10_50000 import ALL
from screen_finetune_cifar10 import MAIN

common = ALL
rows = MAIN
