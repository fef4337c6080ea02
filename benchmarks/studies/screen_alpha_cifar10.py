"""A learned alpha from 0 next to the plain networks and alpha = 1, from scratch.

The recipe is that of screen_step_cifar10.py; a learned alpha is exempt from weight decay.
"""

from cifar10_20000 import SCREEN
from narrow import LEARNED
from screen_scratch_cifar10 import with_variant

common = SCREEN
rows = with_variant(('ResNet-18', 'VGG-16', 'MobileNet'), ', learned α', LEARNED)
