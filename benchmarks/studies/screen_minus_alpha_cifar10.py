"""IC block⁻ and a learned alpha beside the plain networks, from scratch.

The plain rows and the recipe are those of screen_step_cifar10.py. A learned alpha starts at 0 and
is exempt from weight decay.
"""

from cifar10_20000 import NARROW_VGG, SCREEN, with_ic
from screen_step_cifar10 import NOT_ZERO, ZERO, resnet

common = SCREEN
NO_DECAY = {'optim_wrapper.paramwise_cfg': dict(custom_keys={'alpha': dict(decay_mult=0.0)})}


def learned(path: str) -> dict:
    return NO_DECAY | {f'{path}.alpha': 0.0, f'{path}.alpha_mode': 'learned'}


vgg = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)
rows = {
    'ResNet-18': resnet('resnet18_200e', NOT_ZERO),
    'IC-ResNet-18⁻': resnet('ic_resnet18_minus_200e', NOT_ZERO),
    'IC-ResNet-18, learned α': resnet('ic_resnet18_200e', NOT_ZERO, learned('model.backbone')),
    'ResNet-18, zero init': resnet('resnet18_200e', ZERO),
    'IC-ResNet-18⁻, zero init': resnet(
        'ic_resnet18_minus_200e', ZERO, against='ResNet-18, zero init'
    ),
    'VGG-16': vgg['VGG-16'],
    'IC-VGG-16, learned α': dict(
        vgg['IC-VGG-16'], options=vgg['IC-VGG-16']['options'] | learned('model.backbone')
    ),
}
