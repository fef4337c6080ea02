_base_ = './ic_resnet18_minus_200e.py'
model = dict(backbone=dict(depth=34))
