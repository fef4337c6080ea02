"""SINet's tables 3 and 4: group convolutions, exchange and joint decision on CIFAR-100.

The paper takes the mean of three training runs of 150 epochs: --seeds 3. Meant for a GPU.
"""

from cifar10_20000 import BATCHED

common = BATCHED
NETWORKS = {
    'MobileNet': 'mobilenet',
    'MobileNetV2': 'mobilenet_v2',
    'ResNet-34': 'resnet34',
    'SE-ResNet-18': 'se_resnet18',
}
KINDS = {'G = 2': 'groups_', 'G = 2, exchange': 'si_', 'joint decision': 'joint_'}
rows = {}
for name, file in NETWORKS.items():
    rows[name] = dict(config=f'configs/cifar100/{file}_150e.py', against=name)
    for kind, suffix in KINDS.items():
        config = f'configs/cifar100/{file}_{suffix}150e.py'
        rows[f'{name}, {kind}'] = dict(config=config, against=name)
    rows[f'{name}, G = 2, exchange']['against'] = [name, f'{name}, G = 2']
rows['SINet'] = dict(config='configs/cifar100/sinet_150e.py', against='SINet')
