_base_ = './ic_resnet18_wld_30e.py'

_deeper = dict(backbone=dict(depth=34))
model = dict(**_deeper, teacher=_deeper, teacher_checkpoint='torchvision://resnet34')
