# VGG-16-BN beside SfNet on CALTECH-256, from scratch (paper: 83.63 %, SfNet 86.38 %; its accuracies
# are multiples of 1/12800 and so, it seems, of the training images: no target).
_base_ = ['../_base_/vgg16.py', '../_base_/caltech256.py']

model = dict(head=dict(num_classes=256))
