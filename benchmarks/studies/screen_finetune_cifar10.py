"""Fine-tuning a ResNet-18: plain, IC, and IC by distillation.

A teacher of 12 epochs of one cycle, then 4 epochs with a learning rate of 0.005, divided by 10
after 3. A scheduled alpha rises linearly to its end; lambda falls from 0.9 to 0.1. The teacher has
one seed.
"""

from cifar10_20000 import SCREEN, one_cycle
from narrow import LEARNED, resnet, scheduled

common = SCREEN
FINE = {
    'train_cfg.max_epochs': 4,
    'param_scheduler': [dict(type='MultiStepLR', milestones=[3], gamma=0.1, by_epoch=True)],
    'optim_wrapper.optimizer.lr': 0.005,
}
LOAD = FINE | {'load_from': '{teacher}'}
PLAIN, IC_LEARNED, DISTILLED = 'ResNet-18, fine-tuned', 'IC, learned α', 'WLD, τ 4, e 0.005'


def tuned(config: str, *options: dict, against: str | list[str] = PLAIN) -> dict:
    return resnet(config, *options, teacher='ResNet-18', against=against)


def distilled(tau: float, tolerance: float, *others: str) -> dict:
    options = {
        'model.teacher_checkpoint': '{teacher}',
        'model.tau': tau,
        'model.tolerance': tolerance,
    }
    return tuned('ic_resnet18_wld_30e', FINE, options, against=[PLAIN, IC_LEARNED, *others])


rows = {
    'ResNet-18': resnet('resnet18_200e', one_cycle(12), seeds=1),  # the teacher of all seeds
    PLAIN: tuned('resnet18_200e', LOAD, against=[PLAIN, 'ResNet-18']),
    IC_LEARNED: tuned('ic_resnet18_200e', LOAD, LEARNED),
    'IC, α to 0.02': tuned('ic_resnet18_200e', LOAD, scheduled(0.0, 0.02)),
    DISTILLED: distilled(4.0, 0.005),
}
