# What every config of the project runs with; also under mmdet's own tools/train.py.
custom_imports = dict(imports=['ic_backbones'], allow_failed_imports=False)
custom_hooks = [
    dict(type='ic_backbones.StopOnNonFiniteLossHook'),
    dict(type='ic_backbones.CheckCheckpointHook'),
]
