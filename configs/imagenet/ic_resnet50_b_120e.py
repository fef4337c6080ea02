_base_ = './ic_resnet50_120e.py'
model = dict(backbone=dict(variant='B'))
