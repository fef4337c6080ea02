"""The rows of confirm_sinet_cifar10.py, but for the narrower one, over 30 epochs in place of 6."""

import confirm_sinet_cifar10
from cifar10_20000 import one_cycle

common = confirm_sinet_cifar10.common | one_cycle(30)
rows = {label: row for label, row in confirm_sinet_cifar10.rows.items() if 'narrower' not in label}
