_base_ = './resnet34_120e.py'
model = dict(backbone=dict(type='ic_backbones.ICResNet'))
