_base_ = './resnet18_60e.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet'))
