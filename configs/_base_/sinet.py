# SINet of width 1.0 and its joint decision, without its classes.
_base_ = './joint_head.py'
# The paper's text has the norm last, which was worse in short training runs: docs/results_sinet.md.
_sinet = dict(type='ic_backbones.SINet', order=('conv', 'norm', 'act'), out_indices=(0, 1, 2, 3, 4))
_sinet_head = dict(_base_._joint_head, in_channels=(24, 40, 80, 96, 192), mid_channels=1280)

# On 32x32 neither the stem nor block 2 has a stride, so that 4x4 is left.
_sinet_cifar = dict(_sinet, stem_stride=1, strides=(1, 1, 2, 2, 2))
