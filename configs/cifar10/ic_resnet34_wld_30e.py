_base_ = './ic_resnet18_wld_30e.py'
model = dict(backbone=dict(depth=34), teacher_checkpoint='work_dirs/resnet34_200e/epoch_200.pth')
