"""The rows of variants_cifar10.py on 5,000 images and over 30 epochs, to see which overfit.

The recipe is that of step_cifar10.py over about twice as many epochs.
"""

import step_cifar10
import variants_cifar10

common = step_cifar10.common | {
    'train_cfg.max_epochs': 30,
    'param_scheduler.milestones': [20, 26],
}
rows = variants_cifar10.rows
