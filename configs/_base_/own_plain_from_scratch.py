# own_from_scratch.py with the plain ResNet-18.
_base_ = './own_from_scratch.py'
model = dict(backbone=dict(type='mmpretrain.ResNet'))
