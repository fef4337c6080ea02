# The network with which the papers compare IC-ResNet-50, tested on 10 crops (--tta).
_base_ = ['mmpretrain::_base_/models/resnet101.py', '../_base_/imagenet.py']
model = dict(head=dict(cal_acc=True))
