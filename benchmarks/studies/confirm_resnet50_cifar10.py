"""ResNet-50 and IC-ResNet-50, which has 6 % more multiply-adds, on all images."""

import variants_cifar10
from cifar10_50000 import ALL

common = ALL
rows = {name: variants_cifar10.rows[name] for name in ('ResNet-50', 'IC-ResNet-50')}
