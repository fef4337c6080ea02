"""IC-ResNet-50 and its variants B and C next to ResNet-50, with training and test accuracy.

The paper (v2, section 4.1) sees B and C overfit: the training accuracy rises and the test accuracy
does not. The recipe is that of cifar10_20000.py.
"""

from cifar10_20000 import SCREEN
from narrow import resnet

common = SCREEN
DEPTH = {'model.backbone.depth': 50, 'model.head.in_channels': 512}


def variant(name: str, *against: str) -> dict:
    options = {'model.backbone.variant': name}
    return resnet('ic_resnet18_200e', DEPTH, options, against=['ResNet-50', *against])


rows = {
    'ResNet-50': resnet('resnet18_200e', DEPTH),
    'IC-ResNet-50': variant('3x3'),
    'IC-ResNet-50-B': variant('B', 'IC-ResNet-50'),
    'IC-ResNet-50-C': variant('C', 'IC-ResNet-50'),
}
