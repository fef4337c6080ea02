# The plain network, to be tested; mmpretrain trains none from scratch.
_base_ = 'mmpretrain::efficientnet/efficientnet-b1_8xb32_in1k.py'
from ic_backbones.runs.guards import custom_imports, default_hooks
