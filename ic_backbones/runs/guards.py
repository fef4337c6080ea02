"""The hooks that guard every run, listed once: for the project's configs and for all others.

They are default hooks, which mmengine merges by name: a config that inherits from one of ours keeps
them whatever its ``custom_hooks`` are, also under mmdet's own ``tools/train.py``. The names here
are keys of a config, so that a config file takes them over in one line:

    from ic_backbones.runs.guards import custom_imports, default_hooks

That line must stand below ``_base_``, or mmengine takes the file for one of its lazy configs.
"""

import re

from mmengine.config import Config

custom_imports = dict(imports=['ic_backbones'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='ic_backbones.SafeCheckpointHook'),
    seed_epoch=dict(type='ic_backbones.SeedEpochHook'),
    stop_on_non_finite_loss=dict(type='ic_backbones.StopOnNonFiniteLossHook'),
    check_checkpoint=dict(type='ic_backbones.CheckCheckpointHook'),
)


def add_guards(cfg: Config) -> None:
    """Add each guard that the config has neither as a default hook nor as a custom hook.

    A hook under the name of a guard is kept, and so is None, with which a config declines the
    guard. Only mmengine's CheckpointHook is replaced by ours, which takes the same arguments.
    """
    hooks = dict(cfg.get('default_hooks') or {})
    hooks.setdefault('checkpoint', dict(type='CheckpointHook', interval=1))  # as mmengine does
    present = [
        str(hook.get('type'))
        for hook in [*hooks.values(), *(cfg.get('custom_hooks') or [])]
        if isinstance(hook, dict)
    ]
    for name, guard in default_hooks.items():
        if any(guard['type'].rpartition('.')[2] in found for found in present):
            continue
        if name not in hooks:
            hooks[name] = guard
        elif hooks[name] and re.search(r'\bCheckpointHook\b', str(hooks[name].get('type'))):
            hooks[name] = {**hooks[name], **guard}
    # mmengine takes None for its own hooks alone.
    declined = {name for name in default_hooks.keys() & hooks.keys() if hooks[name] is None}
    for name in declined - {'checkpoint'}:
        del hooks[name]
    cfg.default_hooks = hooks
