"""Checks of the config values that mmengine, mmdet and mmpretrain take unchecked.

A wrong one would end in a traceback, in a useless training, or in one that never ends.
"""

import logging
import math
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from mmengine.config import Config
from mmengine.registry import OPTIMIZERS

from .errors import InputError


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def require_number(name: str, value: Any, least: float, most: float) -> None:
    """Check that an argument is a number in a range.

    Args:
        name: What the error calls the argument.
        value: Its value.
        least: The smallest number that makes sense.
        most: The largest one.

    Raises:
        InputError: It is not.
    """
    if not (_is_number(value) and least <= value <= most):
        raise InputError(f'{name} is {value!r:.60}; give a number from {least:g} to {most:g}')


def _is_integer(value: Any, least: int) -> bool:
    return type(value) is int and value >= least


def _is_whole(value: Any, least: int) -> bool:
    """An integer, or a float that is one, as mmdet's configs write ``max_iter / 5``."""
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    return _is_integer(number, least)


def _are(kind: type, values: Any) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, kind) for value in values)


def _is_size(value: Any) -> bool:
    """An edge, a factor, or a pair of edges of which one may be open (-1); or a list of those."""
    if isinstance(value, list | tuple):
        return all(v == -1 or _is_size(v) for v in value) and any(v != -1 for v in value)
    return _is_number(value) and value > 0


# A pattern of dotted keys (a list's index is a key, too), what the value must be, and its test.
_RULES: list[tuple[str, str, Callable[[Any], bool]]] = [
    (
        r'model(\.backbone)?|optim_wrapper(\.optimizer)?|default_hooks(\.\w+)?|randomness|'
        r'(env_cfg\.)?\w+_cfg|\w+_dataloader(\.dataset)*',
        'a dict',
        lambda value: isinstance(value, dict),
    ),
    (r'custom_hooks|.*\.pipeline', 'a list of dicts', lambda value: _are(dict, value)),
    (
        r'.*\binit_cfg',
        'a dict or a list of dicts',
        lambda value: isinstance(value, dict) or _are(dict, value),
    ),
    (r'.*\binit_cfg\.(\d+\.)?(checkpoint|prefix)', 'a string', lambda v: isinstance(v, str)),
    (r'load_from|work_dir|default_scope', 'a string', lambda value: isinstance(value, str)),
    (r'.*\.(data_root|ann_file)', 'a path', lambda value: isinstance(value, str | os.PathLike)),
    (r'.*\.metainfo\.classes', 'a list of names', lambda value: _are(str, value)),
    (
        r'log_level',
        'a level such as INFO',
        lambda value: type(value) is int or isinstance(logging.getLevelName(value), int),
    ),
    (
        r'resume|.*\.(deterministic|drop_last|enable|persistent_workers|pin_memory|shuffle)',
        'True or False',
        lambda value: isinstance(value, bool),
    ),
    (
        r'\w+_dataloader\.num_workers',
        'an integer from 0 to 1000',
        lambda value: _is_integer(value, 0) and value <= 1000,
    ),
    (r'\w+_dataloader\.batch_size', 'an integer of 1 or more', lambda v: _is_integer(v, 1)),
    (
        r'train_cfg\.(max_epochs|max_iters|val_interval|val_begin)',
        'an integer of 1 or more',
        lambda value: _is_whole(value, 1),
    ),
    (
        r'default_hooks\.\w+\.interval|custom_hooks\.\d+\.interval',
        'an integer of 1 or more, or -1 for never',
        lambda value: _is_integer(value, 1) or value == -1,
    ),
    (
        r'optim_wrapper\..*\blr',
        'a number from 0 to 1e38',
        lambda v: _is_number(v) and 0 <= v <= 1e38,
    ),
    (r'optim_wrapper\.clip_grad\.\w*(norm|value)', 'a number', _is_number),
    (
        r'param_scheduler\.(\d+\.)?begin',
        'a number of 0 or more',
        lambda value: _is_number(value) and value >= 0,
    ),
    (
        r'param_scheduler\.(\d+\.)?(end|T_max|total_steps|step_size)',
        'a number above 0',
        lambda value: value == math.inf or (_is_number(value) and value > 0),
    ),
    (
        r'param_scheduler\.(\d+\.)?(milestones|periods)',
        'a list of numbers',
        lambda value: isinstance(value, list | tuple) and all(map(_is_number, value)),
    ),
    (
        r'.*\.filename_tmpl',
        "a string with {}, such as 'epoch_{}.pth'",
        lambda value: isinstance(value, str) and '{}' in value,
    ),
    (r'model\..*\bfrozen_stages', 'an integer of -1 or more', lambda v: _is_integer(v, -1)),
    (r'model\..*\b(base|stem)_channels', 'an integer of 1 or more', lambda v: _is_integer(v, 1)),
    (r'model\.backbone\.style', "'pytorch' or 'caffe'", lambda v: v in ('pytorch', 'caffe')),
    (r'.*\.pipeline\..*\bscale', 'a size above 0', _is_size),
    (r'.*', 'a number', lambda value: not (isinstance(value, float) and math.isnan(value))),
]


def check_values(cfg: Config, source: str) -> None:
    """Refuse a config with a value that makes no sense; None stands for a default everywhere.

    Args:
        cfg: The config of a run.
        source: The path of its file.

    Raises:
        InputError: The first wrong value, by its key.
    """
    values = cfg.to_dict()  # in which an import is its dotted name
    for key, value in _walk(values):
        for pattern, words, fits in _RULES:
            if value is not None and re.fullmatch(pattern, key) and not fits(value):
                raise InputError(f'{source}: {key} is {value!r:.60}; give {words}')
    kind = ((values.get('optim_wrapper') or {}).get('optimizer') or {}).get('type')
    with OPTIMIZERS.switch_scope_and_registry(values.get('default_scope')) as registry:
        if isinstance(kind, str) and registry.get(kind) is None:
            raise InputError(
                f'{source}: optim_wrapper.optimizer.type is {kind!r}, which no registry holds; '
                'give the name of an optimizer, such as SGD'
            )


def _walk(node: Any, above: str = '') -> Iterator[tuple[str, Any]]:
    items = enumerate(node) if isinstance(node, list | tuple) else node.items()
    for name, value in items:
        yield f'{above}{name}', value
        if isinstance(value, dict | list | tuple):
            yield from _walk(value, f'{above}{name}.')
