_base_ = './resnet18_200e.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet_CIFAR'))
