"""SINet without each of its parts, as in screen_sinet_parts_cifar10.py, on all images."""

import screen_sinet_parts_cifar10
from cifar10_50000 import ALL

common = screen_sinet_parts_cifar10.common | ALL
rows = {
    label: row
    for label, row in screen_sinet_parts_cifar10.rows.items()
    if row['against'] == 'SINet'
}
