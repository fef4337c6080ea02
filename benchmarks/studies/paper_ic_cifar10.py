"""The CIFAR-10 tables of both IC papers (v1, 2 and 3; v2, 4): full networks, 200 epochs.

The paper repeats each training five times: --seeds 5. The config of IC-MobileNet learns alpha; here
it is 1, as in the paper. Meant for a GPU.
"""

from cifar10_20000 import BATCHED

common = BATCHED
NETWORKS = {
    'VGG-16': 'vgg16',
    'VGG-19': 'vgg19',
    'ResNet-18': 'resnet18',
    'ResNet-34': 'resnet34',
    'MobileNet': 'mobilenet',
    'SE-ResNet-18': 'se_resnet18',
    'SE-ResNet-50': 'se_resnet50',
    'ResNeXt-29 (2x64d)': 'resnext29',
}
rows = {}
for name, file in NETWORKS.items():
    rows[name] = dict(config=f'configs/cifar10/{file}_200e.py', against=name)
    rows[f'IC-{name}'] = dict(config=f'configs/cifar10/ic_{file}_200e.py', against=name)
    if file in ('resnet18', 'resnet34'):
        minus = f'configs/cifar10/ic_{file}_minus_200e.py'
        rows[f'IC-{name}⁻'] = dict(config=minus, against=name)
rows['IC-MobileNet']['options'] = {
    'model.backbone.alpha': 1.0,
    'model.backbone.alpha_mode': 'constant',
}
