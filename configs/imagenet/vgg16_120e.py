# VGG-16-BN beside SfNet, with the linear layers of CALTECH-256.
_base_ = ['../_base_/vgg16.py', '../_base_/imagenet.py']

model = dict(head=dict(num_classes=1000))
optim_wrapper = dict(optimizer=dict(lr=0.05))
