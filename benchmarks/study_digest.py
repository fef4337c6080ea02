"""Digests of training runs: two have the same one if their results are comparable."""

import hashlib
import json
from collections.abc import Sequence

from mmengine.config import Config

# What decides the result of a training, next to the hook of the memory format.
DECISIVE = (
    'model',
    'data_preprocessor',
    'train_dataloader',
    'val_dataloader',
    'val_evaluator',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'custom_hooks',
    'randomness',
    'load_from',
)
WATCHING = ('cal_acc',)  # what is logged of a training and does not change it
DIGITS = 16


def digest_of_config(cfg: Config, teacher: str | None) -> str:
    """A digest of what a config decides about a training.

    Args:
        cfg: The config.
        teacher: The digest of its teacher.
    """
    known = cfg.to_dict()
    decisive = {key: _without(WATCHING, known.get(key)) for key in DECISIVE}
    if memory_format := known.get('default_hooks', {}).get('memory_format'):
        decisive['memory_format'] = memory_format
    return digest_of(decisive, teacher)


def digest_of(*content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _without(keys: Sequence[str], value: object) -> object:
    """``value`` without ``keys`` in any of its dicts."""
    if isinstance(value, dict):
        return {key: _without(keys, item) for key, item in value.items() if key not in keys}
    return [_without(keys, item) for item in value] if isinstance(value, list) else value
