"""The step of W' and equation 5 in VGG-16 on few images of CIFAR-10: 5,000 and 2,000, 14 epochs.

"Step of a box sum": W' moves as if it multiplied the sum of the window, 81 times as far. The
recipe's batch and learning rate are halved: with 5,000 images, 39 iterations an epoch are too few.
"""

from cifar10_20000 import BATCHED, WITHOUT_WORKERS
from equations_cifar10 import SCALAR
from screen_scratch_cifar10 import with_variant
from screen_step_cifar10 import BOX_SUM

common = {
    **BATCHED,
    **WITHOUT_WORKERS,
    'train_dataloader.dataset.indices': 5000,
    'val_dataloader.dataset.indices': 2000,
    'train_dataloader.batch_size': 64,
    'optim_wrapper.optimizer.lr': 0.05,
    'train_cfg.max_epochs': 14,
    'param_scheduler.milestones': [9, 12],
    'default_hooks.logger.interval': 10,
    'default_hooks.checkpoint.save_best': None,
}
rows = with_variant(['VGG-16'], ', step of a box sum', BOX_SUM)
rows |= with_variant(['VGG-16'], ', eq. 5', SCALAR)
