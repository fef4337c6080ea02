_base_ = './ic_resnet34_120e.py'
model = dict(backbone=dict(variant='minus'))
