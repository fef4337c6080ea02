"""The step of W' in VGG-16 on few images: 5,000, 14 epochs, learning rate 0.05.

"Step of a box sum": W' moves as if it multiplied the sum of the window, 81 times as far.
"""

from cifar10_5000 import SMALL
from narrow import VGG
from screen_step_cifar10 import rows as screen

common = SMALL
name = 'IC-VGG-16, step of a box sum'
rows = VGG | {name: screen[name]}
