"""What the confirming studies share: all 50,000 training images, 6 epochs of one cycle, batch 64.

A run takes 6 to 16 minutes on a core.
"""

from cifar10_20000 import SCREEN

EPOCHS = 6
ALL = SCREEN | {
    'train_dataloader.dataset.indices': 50000,
    'val_dataloader.dataset.indices': 10000,
    'train_cfg.max_epochs': EPOCHS,
    'param_scheduler': [dict(SCREEN['param_scheduler'][0], total_steps=EPOCHS)],
    'default_hooks.logger.interval': 100,
}
