"""Equation 5, one scalar w' for each output channel, next to equation 6 and the plain network.

All have the recipe of cifar10_20000.py; the accuracy on the training images shows whether a
difference is one of fitting or of generalisation.
"""

from cifar10_20000 import SCREEN
from screen_scratch_cifar10 import with_variant

common = SCREEN
SCALAR = {'model.backbone.scalar': True}
rows = with_variant(('VGG-16', 'ResNet-18'), ', eq. 5', SCALAR)
together = {'eq. 5': [(f'IC-{name}, eq. 5', f'IC-{name}') for name in ('VGG-16', 'ResNet-18')]}
