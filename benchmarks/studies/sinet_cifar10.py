"""SINet without each of its parts, narrow: groups, exchange, funnel, joint decision."""

from cifar10_5000 import SMALL

channels = (16, 24, 32, 48, 64)
common = SMALL | {
    'model.backbone.channels': channels,
    'model.backbone.units': (1, 2, 2, 2, 2),
    'model.backbone.strides': (2, 1, 2, 2, 2),
    'model.head.in_channels': channels,
    'model.head.mid_channels': 128,
}
config = 'configs/cifar10/sinet_200e.py'
LAST = {
    'model.backbone.out_indices': (4,),
    'model.head.in_channels': channels[-1:],
}
rows = {
    'SINet': dict(config=config),
    'G = 1': dict(config=config, options={'model.backbone.groups': 1}),
    'G = 2 without exchange': dict(config=config, options={'model.backbone.exchange': False}),
    'without funnel': dict(config=config, options={'model.backbone.funnel': False}),
    'last map alone': dict(config=config, options=LAST),
    'order of MobileNetV2': dict(
        config=config, options={'model.backbone.order': ('conv', 'norm', 'act')}
    ),
}
