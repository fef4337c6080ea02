"""An alpha that is learned from 0, from scratch, next to the plain network and alpha = 1.

The recipe is that of cifar10_20000.py; a learned alpha is exempt from weight decay. It is the
recipe of IC-MobileNet. ResNet-18 and VGG-16 have three seeds of it at most.
"""

from cifar10_20000 import SCREEN
from narrow import LEARNED, changed
from screen_scratch_cifar10 import rows as scratch
from screen_scratch_cifar10 import with_variant

common = SCREEN
learned = scratch['IC-MobileNet']
ONE = {'model.backbone.alpha': 1.0, 'model.backbone.alpha_mode': 'constant'}
NETWORKS = 'ResNet-18', 'VGG-16'
rows = with_variant(NETWORKS, ', learned α', LEARNED) | {
    'MobileNet': scratch['MobileNet'],
    'IC-MobileNet, α = 1': changed(learned, ONE),
    'IC-MobileNet, learned α': learned | dict(against=['MobileNet', 'IC-MobileNet, α = 1']),
}
for name in NETWORKS:
    rows[f'IC-{name}, learned α']['seeds'] = 3
