"""Which values of a config are refused, and that those which mmengine and mmdet take are not."""

import math

import pytest
from mmengine.config import Config

from ic_backbones.config_values import check_values
from ic_backbones.errors import InputError


def config(key: str, value) -> Config:
    """A config that holds the value of a dotted key alone."""
    for part in reversed(key.split('.')):
        value = [value] if part == '0' else {part: value}
    return Config(value)


SCALE = 'train_dataloader.dataset.pipeline.0.scale'


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('train_cfg.max_epochs', 20.0),
        ('train_cfg.max_iters', 286500.0),
        ('train_cfg.val_interval', 286500 / 5),  # as mmdet's configs for V3Det
        ('train_cfg.val_begin', 2.0),
        (SCALE, (1333, 800)),
        (SCALE, (1333, -1)),
        (SCALE, [[1333, 640], [1333, 800]]),
        (SCALE, 0.5),
        ('log_level', 20),
        ('log_level', 'INFO'),
        ('param_scheduler.0.end', math.inf),
        ('param_scheduler.0.begin', 0),
        ('param_scheduler.T_max', 8.5),
        ('param_scheduler.0.milestones', [8, 11]),
    ],
)
def test_sound_values(key, value):
    check_values(config(key, value), 'mine.py')


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('train_cfg.max_epochs', True),
        ('train_cfg.max_iters', math.inf),
        ('train_cfg.val_interval', 2.5),
        ('train_cfg.val_begin', 0.0),
        ('default_hooks.logger.interval', 2.0),  # mmengine's hook raises a TypeError
        (SCALE, []),
        (SCALE, [-1, -1]),
        (SCALE, [[1333, 640], []]),
        (SCALE, [[1333, 640], [-1, -1]]),
        ('log_level', 'FOO'),
        ('param_scheduler.0.T_max', 'abc'),
        ('param_scheduler.end', 0),
        ('param_scheduler.0.begin', -1),
        ('param_scheduler.0.step_size', 0),
        ('param_scheduler.0.milestones', 3),
        ('param_scheduler.0.milestones', ['abc']),
    ],
)
def test_wrong_values(key, value):
    with pytest.raises(InputError, match=f'mine.py: {key} is .*; give '):
        check_values(config(key, value), 'mine.py')
