# VGG-16-BN to compare with SfNet, on the schedule of the other networks but with VGG's usual
# learning rate of 0.05.
_base_ = ['../_base_/vgg16.py', '../_base_/imagenet.py']

model = dict(head=dict(num_classes=1000))
optim_wrapper = dict(optimizer=dict(lr=0.05))
