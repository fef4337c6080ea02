_base_ = './ic_resnet50_wld_30e.py'
model = dict(backbone=dict(variant='B'))
