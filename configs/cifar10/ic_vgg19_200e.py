_base_ = './ic_vgg16_200e.py'
model = dict(backbone=dict(backbone=dict(depth=19)))
