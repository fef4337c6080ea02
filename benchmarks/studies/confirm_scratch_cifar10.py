"""The networks of screen_scratch_cifar10.py that IC's value is judged by, on all images."""

import screen_scratch_cifar10
from cifar10_50000 import ALL

common = ALL
rows = {
    label: screen_scratch_cifar10.rows[label]
    for label in (
        'ResNet-18',
        'ResNet-18, wider',
        'IC-ResNet-18',
        'VGG-16',
        'VGG-16, wider',
        'IC-VGG-16',
    )
}
