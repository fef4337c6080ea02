# The yardstick of the papers' headline: IC-ResNet-50 against ResNet-101, 10 crops (--tta).
_base_ = ['mmpretrain::_base_/models/resnet101.py', '../_base_/imagenet.py']
