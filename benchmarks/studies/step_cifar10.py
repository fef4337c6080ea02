"""The step of W' in VGG-16 on few images: 5,000, 14 epochs, learning rate 0.05.

"Step of a box sum": W' moves as if it multiplied the sum of the window, 81 times as far.
"""

from cifar10_5000 import SMALL
from narrow import NARROW_VGG, with_ic
from screen_step_cifar10 import BOX_SUM

common = SMALL
vgg = with_ic('VGG-16', 'vgg16_200e', NARROW_VGG)
rows = vgg | {
    'IC-VGG-16, step of a box sum': dict(
        vgg['IC-VGG-16'], options=vgg['IC-VGG-16']['options'] | BOX_SUM
    ),
}
