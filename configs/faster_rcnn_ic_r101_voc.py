_base_ = './faster_rcnn_ic_r50_voc.py'
model = dict(backbone=dict(depth=101, init_cfg=dict(checkpoint='torchvision://resnet101')))
