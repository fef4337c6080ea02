"""A config's text is data: it reads back as mmengine wrote it, and nothing in it runs."""

import math
from pathlib import Path

import pytest
from mmengine.config import Config

from ic_backbones.errors import InputError
from ic_backbones.weights.saved_config import parse_config

CONFIGS = Path(__file__).parents[2] / 'configs'
VALUES = dict(
    numbers=[1, -2, 0.5, -1e-8, 1e300, float('inf'), -float('inf'), True, None],
    nested=dict(pair=(1, (2, [3, dict(deep=())])), empty={}, nothing=[]),
    keys={1: 'a', 'with space': {0: [dict(b=2)]}, 'fc.weight': (3,)},
    words='quote " and \' and \n newline and ünïcode',
    members={1, 2},
)


@pytest.mark.parametrize(
    'config', ['cifar10/sfnet16_30e', 'imagenet/ic_resnet50_wld_30e', 'faster_rcnn_sinet_voc']
)
def test_a_config_reads_back_as_it_was_written(config):
    text = Config.fromfile(CONFIGS / f'{config}.py').pretty_text
    assert parse_config(text, 'a.pth').to_dict() == Config.fromstring(text, '.py').to_dict()


def test_all_kinds_of_values():
    read = parse_config(Config(VALUES).pretty_text, 'a.pth').to_dict()
    assert read == VALUES
    assert math.isnan(parse_config('x = nan', 'a.pth').x)
    assert parse_config('x = dict(type=torch.optim.SGD)', 'a.pth').x.type == 'torch.optim.SGD'


@pytest.mark.parametrize(
    'text',
    [
        "__import__('os').system('touch {marker}')",
        "x = __import__('os').system('touch {marker}')",
        "x = dict(a=[open('{marker}', 'w')])",
        "x = dict(**{{'a': open('{marker}', 'w')}})",
        "x = {{**dict(a=1)}}",
        "x = [open(f, 'w') for f in ['{marker}']]",
        "x = f'{{open(\"{marker}\", \"w\")}}'",
        "x = (lambda: open('{marker}', 'w'))()",
        "x = dict(a=1).__class__(open('{marker}', 'w'))",
        "x = 9 ** 9 ** 9",
        "x = 'a' * 10 ** 12",
        'x: int = 1',
        'x = y = 1',
        'import os',
        'x = -[1]',
        'x = [',
        'x = "\0"',
        f'x = {"[" * 10000}',
        f'x = {"-" * 100000}1',
        'filename = 1',
    ],
)  # fmt: skip
def test_anything_else_is_refused(text, tmp_path):
    marker = tmp_path / 'marker'
    with pytest.raises(
        InputError, match='^a.pth: the config in it cannot be read as data'
    ) as error:
        parse_config(text.format(marker=marker), 'a.pth')
    assert '\n' not in str(error.value) and len(str(error.value)) < 500
    assert not marker.exists()
