_base_ = './ic_resnet18_200e.py'
model = dict(backbone=dict(variant='minus'))
