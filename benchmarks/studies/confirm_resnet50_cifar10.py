"""ResNet-50 and IC-ResNet-50, with an alpha of 1 and with a learned one, on all images."""

import variants_cifar10
from cifar10_50000 import ALL
from narrow import LEARNED, changed

common = ALL
BOTH = ['ResNet-50', 'IC-ResNet-50']
rows = {name: variants_cifar10.rows[name] for name in BOTH}
rows['IC-ResNet-50, learned α'] = changed(rows['IC-ResNet-50'], LEARNED, against=BOTH)
