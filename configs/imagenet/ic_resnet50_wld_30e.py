_base_ = './ic_resnet18_wld_30e.py'

_deeper = dict(backbone=dict(depth=50), head=dict(in_channels=2048))
model = dict(**_deeper, teacher=_deeper, teacher_checkpoint='torchvision://resnet50')
