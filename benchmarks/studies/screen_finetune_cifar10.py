"""A short form of confirm_finetune_cifar10.py: a teacher of 12 epochs, 4 epochs of fine-tuning."""

from cifar10_20000 import SCREEN
from confirm_finetune_cifar10 import rows as confirmed

common = SCREEN
TEACHER = {
    'train_cfg.max_epochs': 12,
    'param_scheduler': [dict(SCREEN['param_scheduler'][0], total_steps=12)],
}
TUNED = {
    'train_cfg.max_epochs': 4,
    'param_scheduler': [dict(type='MultiStepLR', milestones=[3], gamma=0.1, by_epoch=True)],
}
NAMES = (
    'ResNet-18',
    'ResNet-18, fine-tuned',
    'IC, learned α',
    'IC, α to 0.02',
    'WLD, τ 2, e 0.005',
)
rows = {
    name: dict(
        confirmed[name],
        options=confirmed[name]['options'] | (TUNED if 'teacher' in confirmed[name] else TEACHER),
    )
    for name in NAMES
}
