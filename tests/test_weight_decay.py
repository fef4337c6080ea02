"""A learned alpha is exempt from weight decay, in every config that has one."""

import pytest
from helpers import CONFIGS, shipped_configs
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from torch import nn

from ic_backbones.ops import ICConv2d

PATHS = shipped_configs('**/*.py')
LEARNED = [
    path
    for path in PATHS
    if 'ic_' in path.name and path.parent.name != '_base_'
    if "'alpha_mode': 'learned'" in str(Config.fromfile(path).to_dict())
]


@pytest.mark.parametrize('path', LEARNED, ids=lambda path: str(path.relative_to(CONFIGS)))
def test_alpha_does_not_decay(path):
    net = nn.ModuleDict(dict(conv=ICConv2d(2, 2, 3, alpha=0.0, alpha_mode='learned')))
    cfg = Config.fromfile(path).optim_wrapper
    cfg.setdefault('type', 'OptimWrapper')
    groups = build_optim_wrapper(net, cfg).param_groups
    decay = {name: group['weight_decay'] for group in groups for name, _ in named(net, group)}
    assert decay['conv.alpha'] == 0
    assert decay['conv.weight'] == decay['conv.w_prime'] == cfg.optimizer.weight_decay > 0


def test_no_other_config_learns_alpha():
    learned = {path for path in PATHS if "'learned'" in path.read_text()}
    learned.remove(CONFIGS / '_base_/own_pretrained.py')  # of faster_rcnn_ic_r18_own.py
    assert learned and not [path for path in learned if 'ic_' not in path.name]


def named(net, group):
    own = {id(parameter) for parameter in group['params']}
    return [(name, value) for name, value in net.named_parameters() if id(value) in own]
