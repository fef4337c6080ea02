# mmdet's Faster R-CNN with IC-ResNet-50 from torchvision's weights, for training on a GPU.
_base_ = ['mmdet::_base_/models/faster-rcnn_r50_fpn.py', './mmdet_runtime.py']
model = dict(backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned'))
# Weight decay would pull alpha back to 0, the plain network.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)}))
