"""Few images of CIFAR-10: 5,000 training and 2,000 test images, 14 epochs on a core.

Half the recipe's batch and learning rate: with 5,000 images, 39 iterations an epoch are too few.
"""

from cifar10_20000 import FROM_MEMORY

SMALL = FROM_MEMORY | {
    'train_dataloader.dataset.indices': 5000,
    'val_dataloader.dataset.indices': 2000,
    'train_dataloader.batch_size': 64,
    'optim_wrapper.optimizer.lr': 0.05,
    'train_cfg.max_epochs': 14,
    'param_scheduler.milestones': [9, 12],
    'default_hooks.logger.interval': 10,
    'default_hooks.checkpoint.save_best': None,
}
