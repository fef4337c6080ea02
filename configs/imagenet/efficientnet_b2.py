# The plain network, for testing only: mmpretrain does not train it from scratch.
_base_ = 'mmpretrain::efficientnet/efficientnet-b2_8xb32_in1k.py'
from ic_backbones.runs.guards import custom_imports, default_hooks
