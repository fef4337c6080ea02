"""IC-ResNet-18 and IC-ResNet-18⁻ next to ResNet-18, from scratch."""

from cifar10_5000 import NARROW_RESNET, SMALL

common = SMALL | NARROW_RESNET
rows = {
    'ResNet-18': dict(config='configs/cifar10/resnet18_200e.py'),
    'IC-ResNet-18': dict(config='configs/cifar10/ic_resnet18_200e.py'),
    'IC-ResNet-18⁻': dict(config='configs/cifar10/ic_resnet18_minus_200e.py'),
}
