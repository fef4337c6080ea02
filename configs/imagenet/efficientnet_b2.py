# The plain network, to be tested; mmpretrain trains none from scratch.
_base_ = ['mmpretrain::efficientnet/efficientnet-b2_8xb32_in1k.py', '../_base_/guards.py']
