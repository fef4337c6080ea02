"""Both names work in every default scope, in new processes where nothing is imported yet."""

import subprocess
import sys

import pytest

BY_SCOPE = """
from mmengine.registry import DefaultScope, MODELS, HOOKS, DATASETS, METRICS
assert 'ic_backbones' not in __import__('sys').modules
for scope in ('mmdet', 'mmpretrain', 'mmengine'):
    with DefaultScope.overwrite_default_scope(scope):
        net = MODELS.build(dict(type='ic_backbones.ICResNet', depth=18, out_indices=(0,)))
        assert net.out_channels == (64,)
        HOOKS.build(dict(type='ic_backbones.StopOnNonFiniteLossHook'))
        assert DATASETS.get('ic_backbones.VOCStyleDataset').__name__ == 'VOCStyleDataset'
        METRICS.build(dict(type='ic_backbones.VOCStyleMetric'))
"""

BY_IMPORT = """
from mmengine.config import Config
from mmengine.registry import DefaultScope, MODELS, HOOKS
Config.fromfile('config.py')
import mmdet.registry, mmpretrain.registry
for scope, registry in (
    ('mmdet', mmdet.registry.MODELS), ('mmpretrain', mmpretrain.registry.MODELS),
    ('mmengine', MODELS),
):
    with DefaultScope.overwrite_default_scope(scope):
        net = registry.build(dict(type='ICResNet', depth=18, out_indices=(0,)))
        conv = registry.build(dict(type='ICConv2d', in_channels=2, out_channels=2, kernel_size=3))
        HOOKS.build(dict(type='CheckCheckpointHook'))
"""


@pytest.mark.parametrize('script', [BY_SCOPE, BY_IMPORT], ids=['scope', 'custom_imports'])
def test_names_in_every_default_scope(script, tmp_path):
    (tmp_path / 'config.py').write_text("custom_imports = dict(imports=['ic_backbones'])")
    run = subprocess.run(
        [sys.executable, '-c', script], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


RELOAD = """
import importlib, sys
import ic_backbones, ic_backbones.backbones.ic_resnet as module
from mmengine.registry import MODELS
names = ic_backbones.list_models()
importlib.reload(ic_backbones)
importlib.reload(module)
assert MODELS.get('ICResNet') is MODELS.get('ic_backbones.ICResNet') is module.ICResNet
for name in [name for name in sys.modules if name.partition('.')[0] == 'ic_backbones']:
    del sys.modules[name]
import ic_backbones
assert ic_backbones.list_models() == names and names
net = ic_backbones.create('ic_resnet18', features_only=True)
assert type(net) is ic_backbones.backbones.ICResNet is MODELS.get('ICResNet') is not module.ICResNet
"""


def test_a_notebook_reloads_and_imports_again():
    run = subprocess.run([sys.executable, '-c', RELOAD], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_conv_cfg_takes_the_ic_convolution():
    from mmcv.cnn import ConvModule

    from ic_backbones.ops import ICConv2d

    module = ConvModule(4, 6, 3, padding=1, conv_cfg=dict(type='ICConv2d'))
    assert type(module.conv) is ICConv2d and module.conv.out_channels == 6
