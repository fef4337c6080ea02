_base_ = ['mmpretrain::_base_/models/resnet18.py', '../_base_/imagenet_60e.py']
model = dict(head=dict(cal_acc=True))
