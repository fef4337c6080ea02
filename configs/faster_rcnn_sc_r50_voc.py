# SC-ResNet-50 in Faster R-CNN. It starts from torchvision's weights, except for the composed 3x3
# layers of the last two stages, which are initialised. Therefore BN is trained and gradients are
# clipped.
_base_ = './faster_rcnn_r50_voc.py'

model = dict(backbone=dict(type='ic_backbones.SCResNet', norm_eval=False))
optim_wrapper = dict(clip_grad=dict(max_norm=10, norm_type=2))
