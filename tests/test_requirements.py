"""If an OpenMMLab package is missing, one sentence says what to install."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WAYS_OUT = (
    "install one family of the OpenMMLab packages, `pip install 'ic-backbones[onedl]'` "
    "(maintained forks, recent torch) or `pip install 'ic-backbones[openmmlab]'` (official "
    'packages, torch <= 2.1)'
)


@pytest.fixture
def python_without(tmp_path):
    """Run code in a Python that has all packages of this environment except one."""

    def call(hidden, code):
        for entry in Path(sysconfig.get_path('purelib')).iterdir():
            if entry.name != hidden:
                (tmp_path / entry.name).symlink_to(entry)
        paths = f'import sys; sys.path += [{str(tmp_path)!r}, {str(ROOT)!r}]; '
        return subprocess.run(
            [sys.executable, '-I', '-S', '-c', paths + code], capture_output=True, text=True
        )

    return call


def last_line(result):
    assert result.returncode == 1, result.stderr
    return result.stderr.splitlines()[-1]


def test_no_mmengine(python_without):
    result = python_without('mmengine', 'import ic_backbones')
    assert last_line(result) == f'ImportError: ic_backbones: needs mmengine; {WAYS_OUT}'


@pytest.mark.parametrize('package', ['mmcv', 'mmpretrain'])
def test_no_backbones_without(python_without, package):
    result = python_without(package, 'import ic_backbones.backbones')
    assert last_line(result) == f'ImportError: ic_backbones: needs {package}; {WAYS_OUT}'


def test_building_a_model_without_mmpretrain(python_without):
    build = "from mmengine import MODELS; MODELS.build(dict(type='ic_backbones.ICResNet'))"
    result = python_without('mmpretrain', build)
    assert f'ic_backbones: needs mmpretrain; {WAYS_OUT}' in last_line(result)


def test_import_alone_only_warns(python_without):
    """mmengine's registry would swallow an error here and report something misleading."""
    result = python_without('mmpretrain', 'import ic_backbones')
    assert result.returncode == 0, result.stderr
    assert f'ic_backbones: needs mmpretrain; {WAYS_OUT}' in result.stderr


def test_mmpretrain_alone_has_everything_but_detection(python_without):
    code = """
import ic_backbones
from ic_backbones.datasets import CIFAR10Data
from ic_backbones.distillation import WLDClassifier
from ic_backbones.heads import JointDecisionHead
from ic_backbones.hooks import SafeCheckpointHook
print(type(ic_backbones.create('ic_resnet18_cifar10')).__name__)
import ic_backbones.evaluation
"""
    result = python_without('mmdet', f'exec({code!r})')
    assert result.stdout == 'ImageClassifier\n'
    assert last_line(result) == f'ImportError: ic_backbones: needs mmdet; {WAYS_OUT}'


def test_mmdet_alone_has_layers_hooks_and_detection_data(python_without):
    code = """
import ic_backbones
from ic_backbones.datasets import VOCStyleDataset
from ic_backbones.evaluation import VOCStyleMetric
from ic_backbones.heads import SSDHead
from ic_backbones.hooks import SafeCheckpointHook
from ic_backbones.runs.classes import check_classes
from mmengine.registry import MODELS
from torch import nn
check_classes(nn.Module(), {}, 'detector.py')
layer = dict(type='ICConv2d', in_channels=2, out_channels=2, kernel_size=3)
print(type(MODELS.build(layer)).__name__)
ic_backbones.create('ic_resnet18')
"""
    result = python_without('mmpretrain', f'exec({code!r})')
    assert result.stdout == 'ICConv2d\n'
    assert last_line(result) == f'ImportError: ic_backbones: needs mmpretrain; {WAYS_OUT}'
