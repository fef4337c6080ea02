# VGG-16-BN on CALTECH-256 from scratch, to compare with SfNet. The paper reports 83.63 % and
# 86.38 % for SfNet, but these are multiples of 1/12800, so they seem to be accuracies on the
# 12800 training images and are not a target.
_base_ = ['../_base_/vgg16.py', '../_base_/caltech256.py']

model = dict(head=dict(num_classes=256))
