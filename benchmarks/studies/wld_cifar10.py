"""IC-ResNet-18 from a trained ResNet-18, with and without weak logit distillation.

With --work-dir work_dirs/studies/ic_cifar10 the teacher is the one that ic_cifar10.py trains.
"""

from cifar10_5000 import NARROW_RESNET, SMALL

FINE = {
    'optim_wrapper.optimizer.lr': 0.005,
    'train_cfg.max_epochs': 8,
    'param_scheduler.milestones': [5],
}
LEARNED = {
    'model.backbone.alpha': 0.0,
    'model.backbone.alpha_mode': 'learned',
    'model.backbone.init_cfg.type': 'Pretrained',  # W' to the scale of the teacher's weights
    'model.backbone.init_cfg.checkpoint': '{teacher}',
    'model.backbone.init_cfg.prefix': 'backbone.',
}
common = SMALL | NARROW_RESNET
rows = {
    'ResNet-18': dict(config='configs/cifar10/resnet18_200e.py'),
    'ResNet-18, fine-tuned': dict(
        config='configs/cifar10/resnet18_200e.py',
        options=FINE | {'load_from': '{teacher}'},
        teacher='ResNet-18',
    ),
    'IC-ResNet-18, fine-tuned': dict(
        config='configs/cifar10/ic_resnet18_200e.py',
        options=FINE | LEARNED | {'load_from': '{teacher}'},
        teacher='ResNet-18',
    ),
    'IC-ResNet-18, WLD': dict(
        config='configs/cifar10/ic_resnet18_wld_30e.py',
        options=FINE | {'model.teacher_checkpoint': '{teacher}'},
        teacher='ResNet-18',
    ),
}
