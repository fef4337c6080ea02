"""Making a config from the command line of a training or a test."""

import inspect
import re
from argparse import Namespace
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

from ..config_file import find_config, read_config
from ..config_values import check_values
from ..errors import InputError, did_you_mean, one_line
from .guards import add_guards
from .launcher import set_up_launcher
from .outputs import make_folder
from .settings import use_time_limits

# mmengine's DictAction removes all blanks; those within a text are kept by standing in for them.
_INNER_BLANKS, _BLANK = re.compile(r'(?<=[^=,[( ]) +(?=[^,\]) ])'), '\0'
# What a run reads from its config, so --cfg-options may set it although the config does not name
# it: the arguments of Runner, and what else Runner reads.
RUNNER_KEYS = {
    *inspect.signature(Runner).parameters,
    'activation_checkpointing',
    'auto_scale_lr',
    'compile',
    'custom_imports',
    'efficient_conv_bn_eval',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'runner_type',
    'sync_bn',
    'tta_model',
    'tta_pipeline',
}


def load_config(args: Namespace, *needed: str) -> Config:
    """Read the config, apply the options, add guard hooks and time limits.

    Args:
        args: ``config``, where the path of a config takes the place of its name, ``cfg_options``,
            ``work_dir``, ``launcher`` and ``local_rank``. It gets ``values``, the other values
            of names in the file, for :func:`~ic_backbones.config_file.read_config`.
        needed: Top-level keys without which the tool cannot run.

    Raises:
        InputError: The config file does not exist, is broken or lacks a needed key, an option does
            not fit it, the work dir cannot be written, or the launcher did not start this process.
    """
    args.config = find_config(args.config)
    cfg = read_config(args.config)
    options = _read_options(args.cfg_options)
    _require_known(cfg, options)
    names = {key: value for key, value in options.items() if key.split('.')[0] not in RUNNER_KEYS}
    cfg, args.values = _with_names(cfg, args.config, names)
    rest = {key: value for key, value in options.items() if key not in names}
    merge(cfg, rest, '--cfg-options')
    for key in needed:
        if cfg.get(key) is None:
            raise InputError(
                f'{args.config}: it has no {key}; give a whole config, not a part that others '
                'inherit from'
            )
    check_values(cfg, args.config)
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or f'./work_dirs/{Path(args.config).stem}'
    make_folder(cfg.work_dir, '--work-dir')
    set_up_launcher(cfg, args.launcher, args.local_rank)
    add_guards(cfg)
    use_time_limits(cfg)
    return cfg


def _read_options(words: list[str]) -> dict:
    """What mmengine makes of ``--cfg-options``, with a sentence for a word of another form."""
    read, options = DictAction('--cfg-options', 'options'), Namespace(options={})
    for word in words:
        try:
            read(None, options, [_INNER_BLANKS.sub(lambda m: _BLANK * len(m[0]), word)])
        except (ValueError, AssertionError) as error:
            raise InputError(
                f"--cfg-options '{word}': this is not KEY=VALUE; write KEY=VALUE, and a list "
                'as KEY=[a,b] without spaces'
            ) from error
    return _with_blanks(options.options)


def _with_blanks(value: Any) -> Any:
    """The value with the blanks that ``DictAction`` would have removed."""
    if isinstance(value, dict):
        return {key: _with_blanks(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_with_blanks, value))
    return value.replace(_BLANK, ' ') if isinstance(value, str) else value


def _require_known(cfg: Config, options: dict) -> None:
    known = {*cfg.keys(), *RUNNER_KEYS}
    for key in options:
        top = key.split('.')[0]
        if top not in known:
            hint = did_you_mean(top, sorted(known), 'put it into the config file')
            raise InputError(f"--cfg-options {key}: the config has no '{top}'; {hint}")


def _with_names(cfg: Config, source: str | Path, options: dict) -> tuple[Config, dict]:
    """Read the config with other values for variables that only the file itself uses.

    Returns:
        The config, and the value of each of these variables.

    Raises:
        InputError: Nothing in the config is computed from a variable.
    """
    values = {}
    for key, value in options.items():
        name = key.split('.')[0]
        old = cfg.to_dict()
        was = old.pop(name)
        if key == name and isinstance(was, list | tuple):  # classes=raccoon is a list of one
            value = type(was)(value if isinstance(value, list | tuple) else [value])
        merge(cfg, {key: value}, '--cfg-options')
        values[name] = cfg.to_dict()[name]
        cfg = read_config(source, values)
        new = {key: value for key, value in cfg.to_dict().items() if key != name}
        if values[name] != was and new == old:
            raise InputError(
                f'--cfg-options {key}: {source} computes nothing else from {name!r}, so this would '
                'change nothing; name the key itself, such as train_cfg.max_epochs'
            )
    return cfg, values


def merge(cfg: Config, options: dict, source: str) -> None:
    """Change a config by overrides; ``source`` is where they come from.

    Raises:
        InputError: One of them does not fit the config.
    """
    try:
        cfg.merge_from_dict(options)
    except Exception as error:  # KeyError, TypeError, AssertionError, by where it does not fit
        raise InputError(
            f'{source} {" ".join(options)}: this does not fit the config, {one_line(error)}; '
            'correct the key or the value'
        ) from error
