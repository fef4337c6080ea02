_base_ = './vgg16_200e.py'
model = dict(backbone=dict(depth=19))
