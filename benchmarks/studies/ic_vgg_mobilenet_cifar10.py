"""VGG-16 and MobileNet next to IC-VGG-16 and IC-MobileNet, from scratch, narrow."""

from cifar10_5000 import NARROW_VGG, SMALL, with_ic

common = SMALL
rows = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG) | with_ic(
    'MobileNet', 'mobilenet_200e', {'widen_factor': 0.5, 'strides': (2, 1, 1, 2, 2, 2)}, 512
)
