"""SfNet next to VGG-16-BN, and its kernel size and stride, at a quarter of the channels."""

from cifar10_5000 import SMALL

common = {key: value for key, value in SMALL.items() if not key.startswith('param_scheduler')} | {
    'param_scheduler.total_steps': SMALL['train_cfg.max_epochs'],
    'model.backbone.base_channels': 16,
    'model.backbone.smear_channels': 4,
    'model.head.in_channels': 128,
    'model.head.mid_channels': [256, 256],
}
config = 'configs/cifar10/sfnet16_30e.py'
rows = {
    'VGG-16': dict(config=config, options={'model.backbone.composed_scales': ()}),
    'SfNet': dict(config=config),
    'SfNet, kernel 1': dict(config=config, options={'model.backbone.kernel_size': 1}),
    'SfNet, kernel 5': dict(config=config, options={'model.backbone.kernel_size': 5}),
    'SfNet, stride 2 for the pool': dict(config=config, options={'model.backbone.last_stride': 2}),
}
