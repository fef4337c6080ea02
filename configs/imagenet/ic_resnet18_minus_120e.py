_base_ = './ic_resnet18_120e.py'
model = dict(backbone=dict(variant='minus'))
