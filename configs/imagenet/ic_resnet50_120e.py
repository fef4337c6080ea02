_base_ = './resnet50_120e.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet'))
