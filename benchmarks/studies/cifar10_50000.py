"""What the confirming studies share: all 50,000 training images, 6 epochs of one cycle, batch 64.

A run takes 3 to 10 minutes on a core.
"""

from cifar10_20000 import SCREEN, one_cycle

ALL = {
    **SCREEN,
    **one_cycle(6),
    'train_dataloader.dataset.indices': 50000,
    'val_dataloader.dataset.indices': 10000,
    'default_hooks.logger.interval': 100,
}
