"""ResNet-18 at full width: plain, widened to IC's multiply-adds, IC and IC⁻, from scratch.

The recipe of the papers in a fifth of its epochs: 40, a learning rate of 0.1 that is divided by 10
after 12 and 24. 68 channels in place of 64 give the wider network the multiply-adds of the IC one,
within 2 %. Meant for a GPU.
"""

from cifar10_20000 import BATCHED

common = BATCHED | {'train_cfg.max_epochs': 40, 'param_scheduler.milestones': [12, 24]}
WIDE = {
    'model.backbone.stem_channels': 68,
    'model.backbone.base_channels': 68,
    'model.head.in_channels': 544,
}
PLAIN, WIDER = 'ResNet-18', 'ResNet-18, wider'
rows = {
    PLAIN: dict(config='configs/cifar10/resnet18_200e.py'),
    WIDER: dict(config='configs/cifar10/resnet18_200e.py', options=WIDE),
    'IC-ResNet-18': dict(config='configs/cifar10/ic_resnet18_200e.py', against=[PLAIN, WIDER]),
    'IC-ResNet-18⁻': dict(config='configs/cifar10/ic_resnet18_minus_200e.py'),
}
