_base_ = './ic_se_resnet18_200e.py'
model = dict(backbone=dict(backbone=dict(depth=50)), head=dict(in_channels=2048))
