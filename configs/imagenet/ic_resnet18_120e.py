_base_ = './resnet18_120e.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet'))
