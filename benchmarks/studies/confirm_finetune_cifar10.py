"""Fine-tuning a ResNet-18 that was trained on all images: plain, IC, and IC by distillation.

10 epochs with a learning rate of 0.005, divided by 10 after 6. A scheduled alpha rises linearly to
its end; lambda falls from 0.9 to 0.1.
"""

from cifar10_50000 import ALL
from screen_step_cifar10 import resnet

common = ALL
FINE = {
    'train_cfg.max_epochs': 10,
    'param_scheduler': [dict(type='MultiStepLR', milestones=[6], gamma=0.1, by_epoch=True)],
    'optim_wrapper.optimizer.lr': 0.005,
}
LOAD = FINE | {'load_from': '{teacher}'}
LEARNED = {
    'model.backbone.alpha': 0.0,
    'model.backbone.alpha_mode': 'learned',
    'optim_wrapper.paramwise_cfg': dict(custom_keys={'.alpha': dict(decay_mult=0.0)}),
}


def scheduled(alpha: float) -> dict:
    hook = dict(type='ic_backbones.AlphaScheduleHook', start=0.0, end=alpha)
    return {
        'model.backbone.alpha': 0.0,
        'model.backbone.alpha_mode': 'scheduled',
        'custom_hooks': [hook],
    }


def tuned(config: str, *options: dict) -> dict:
    return resnet(config, *options, teacher='ResNet-18', against='ResNet-18, fine-tuned')


def distilled(**settings: float) -> dict:
    options = {f'model.{key}': value for key, value in settings.items()}
    teacher = {'model.teacher_checkpoint': '{teacher}'}
    return tuned('ic_resnet18_wld_30e', FINE, teacher, options)


rows = {
    'ResNet-18': resnet('resnet18_200e', seeds=1),  # the teacher of all seeds
    'ResNet-18, fine-tuned': resnet('resnet18_200e', LOAD, teacher='ResNet-18'),
    'IC, learned α': tuned('ic_resnet18_200e', LOAD, LEARNED),
    **{
        f'IC, α to {alpha}': tuned('ic_resnet18_200e', LOAD, scheduled(alpha))
        for alpha in (0.01, 0.02, 0.04)
    },
    **{
        f'WLD, τ {tau}, e {e}': distilled(tau=float(tau), tolerance=e)
        for tau in (1, 2, 4)
        for e in (0.005, 0.0)
    },
}
