# mmpretrain's runtime with the hooks that guard every run of this project.
_base_ = ['mmpretrain::_base_/default_runtime.py', './training_accuracy.py']
from ic_backbones.runs.guards import custom_imports, default_hooks
