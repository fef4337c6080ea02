"""A learned alpha from 0 next to the plain networks and alpha = 1, from scratch.

The recipe and the other rows are those of screen_step_cifar10.py; alpha is exempt from weight
decay.
"""

from cifar10_20000 import SCREEN
from narrow import NARROW_VGG, with_ic
from screen_step_cifar10 import NOT_ZERO, resnet

common = SCREEN
LEARNED = {
    'optim_wrapper.paramwise_cfg': dict(custom_keys={'alpha': dict(decay_mult=0.0)}),
    'model.backbone.alpha': 0.0,
    'model.backbone.alpha_mode': 'learned',
}
vgg = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)
rows = {
    'ResNet-18': resnet('resnet18_200e', NOT_ZERO),
    'IC-ResNet-18, learned α': resnet('ic_resnet18_200e', NOT_ZERO, LEARNED),
    'VGG-16': vgg['VGG-16'],
    'IC-VGG-16, learned α': dict(vgg['IC-VGG-16'], options=vgg['IC-VGG-16']['options'] | LEARNED),
}
