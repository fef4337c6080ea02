"""Equation 5, one scalar w' for each output channel, next to equation 6 and the plain network.

The papers' ablation, with the recipe of screen_step_cifar10.py; the accuracy on the training images
shows whether a difference is one of fitting or of generalisation.
"""

from cifar10_20000 import SCREEN
from narrow import NARROW_VGG, with_ic
from screen_step_cifar10 import resnet

common = SCREEN
SCALAR = {'model.backbone.scalar': True}
vgg = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)
rows = {
    **vgg,
    'IC-VGG-16, eq. 5': dict(vgg['IC-VGG-16'], options=vgg['IC-VGG-16']['options'] | SCALAR),
    'ResNet-18': resnet('resnet18_200e', against='ResNet-18'),
    'IC-ResNet-18': resnet('ic_resnet18_200e', against='ResNet-18'),
    'IC-ResNet-18, eq. 5': resnet('ic_resnet18_200e', SCALAR, against='ResNet-18'),
}
