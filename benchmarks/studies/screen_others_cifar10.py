"""The other networks of table 4 of IC Networks next to their IC form, from scratch, narrow."""

from cifar10_20000 import SCREEN
from narrow import NARROW_RESNET, NARROW_VGG, with_ic

common = SCREEN
rows = (
    with_ic('VGG-19', 'vgg19_200e', NARROW_VGG)
    | with_ic('SE-ResNet-18', 'se_resnet18_200e', NARROW_RESNET)
    | with_ic('SE-ResNet-50', 'se_resnet50_200e', NARROW_RESNET, 512)
    | with_ic('ResNeXt-29', 'resnext29_200e', NARROW_RESNET | {'width_per_group': 16}, 256)
)
together = {'IC': [(f'IC-{name}', name) for name in rows if f'IC-{name}' in rows]}
