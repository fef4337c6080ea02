# The plain network to compare with faster_rcnn_ic_r18_sample.py, from scratch as well.
_base_ = './faster_rcnn_ic_r18_sample.py'
model = dict(backbone=dict(type='mmpretrain.ResNet'))
