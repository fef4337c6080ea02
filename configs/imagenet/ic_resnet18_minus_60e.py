_base_ = './ic_resnet18_60e.py'
model = dict(backbone=dict(variant='minus'))
