"""An alpha that is learned from 0, from scratch, next to the plain network and alpha = 1.

The recipe is that of cifar10_20000.py. A learned alpha is exempt from weight decay unless a row
says "decayed". The config of IC-MobileNet has a learned alpha too.
"""

from cifar10_20000 import SCREEN
from narrow import LEARNED, changed
from screen_scratch_cifar10 import rows as scratch
from screen_scratch_cifar10 import with_variant

common = SCREEN
NETWORKS = 'ResNet-18', 'VGG-16'
ONE = {'model.backbone.alpha': 1.0, 'model.backbone.alpha_mode': 'constant'}
DECAYED = {key: value for key, value in LEARNED.items() if key.startswith('model.')}
mobilenet = scratch['IC-MobileNet']
rows = with_variant(NETWORKS, ', learned α', LEARNED) | {
    'MobileNet': scratch['MobileNet'],
    'IC-MobileNet, α = 1': changed(mobilenet, ONE),
    'IC-MobileNet, learned α': mobilenet | dict(against=['MobileNet', 'IC-MobileNet, α = 1']),
}
pairs = [(f'IC-{name}, learned α, decayed', f'IC-{name}, learned α') for name in NETWORKS]
for name, (label, against) in zip(NETWORKS, pairs, strict=True):
    rows[label] = changed(scratch[f'IC-{name}'], DECAYED, against=against)
together = {'decayed': pairs}
