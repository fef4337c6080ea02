"""A trained classifier's backbone goes into Faster R-CNN by way of a file."""

import errno
import hashlib
import os
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS as DETECTORS
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS as CLASSIFIERS

from ic_backbones import _requirements
from ic_backbones.errors import InputError
from ic_backbones.ops import ICConv2d
from ic_backbones.weights.checkpoint import Checkpoint
from ic_backbones.weights.export import export_backbone

CLASSIFIER = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ic_backbones.ICResNet', depth=18, stem_channels=8, base_channels=8,
        alpha=0.0, alpha_mode='learned', frozen_stages=2,
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=2, in_channels=64),
)  # fmt: skip
SMALL = Path(__file__).parents[2] / 'configs/_base_/faster_rcnn_small.py'


@pytest.fixture
def trained(tmp_path) -> tuple[str, dict]:
    """A checkpoint as mmengine writes it, and its backbone's tensors."""
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = CLASSIFIERS.build(CLASSIFIER)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    meta = dict(cfg=Config(dict(model=CLASSIFIER)).pretty_text)
    content = dict(meta=meta, state_dict=model.state_dict(), optimizer=dict(state=[0] * 1000))
    (tmp_path / 'ic_wld').mkdir()
    torch.save(content, tmp_path / 'ic_wld/epoch_3.pth')
    return str(tmp_path / 'ic_wld/epoch_3.pth'), model.backbone.state_dict()


def test_file_names_and_content(trained, tool, capsys):
    checkpoint, state = trained
    tool('export_backbone').main([checkpoint])
    printed = capsys.readouterr().out
    files = [Path(line.split(': ')[0]) for line in printed.splitlines()[:2]]
    assert [file.suffix for file in files] == ['.safetensors', '.pth']
    for file in files:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert file.name == f'ic_wld_epoch_3_backbone-{digest[:8]}{file.suffix}'
    saved = torch.load(files[1])
    assert saved.keys() == {'meta', 'state_dict'} and saved['state_dict'].keys() == state.keys()


@pytest.mark.parametrize('suffix', ['safetensors', 'pth'])
def test_into_faster_rcnn(trained, tool, capsys, tmp_path, suffix):
    """The printed lines in a detector's config give every tensor of the backbone."""
    checkpoint, state = trained
    tool('export_backbone').main([checkpoint, '--out', str(tmp_path / 'new')])
    lines = capsys.readouterr().out.split('# in the config of a detector\n')[1]
    assert 'frozen_stages=1' in lines and 'depth=18' in lines
    file = next((tmp_path / 'new').glob(f'*.{suffix}'))
    lines = re.sub(r"checkpoint='[^']*'|checkpoint=\s*'[^']*'", f'checkpoint={str(file)!r}', lines)
    (tmp_path / 'detector.py').write_text(f'_base_ = {str(SMALL)!r}\n{lines}\n')
    with DefaultScope.overwrite_default_scope('mmdet'):
        detector = DETECTORS.build(Config.fromfile(tmp_path / 'detector.py').model)
    detector.init_weights()
    loaded = detector.backbone.state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


@pytest.mark.parametrize(
    ('version', 'settings', 'is_refused'),
    [
        (1, dict(), True),
        (2, dict(), False),
        (2, dict(groups=4), False),
        (2, dict(scalar=True), True),
        (2, dict(groups=2, scalar=True), True),
        (3, dict(scalar=True), False),
    ],
)
def test_a_file_without_versions_holds_no_old_form(tmp_path, version, settings, is_refused):
    model = torch.nn.ModuleDict(dict(backbone=torch.nn.Sequential(ICConv2d(4, 8, 3, **settings))))
    state = model.state_dict()
    state._metadata['backbone.0']['version'] = version
    checkpoint = Checkpoint.of(dict(state_dict=state), 'epoch_1.pth')
    refused = pytest.raises(InputError, match="epoch_1.pth: holds W' as the factor of a sum")
    with refused if is_refused else nullcontext():
        export_backbone(checkpoint, tmp_path / 'net')


def test_wrong_input(trained, tool, tmp_path, monkeypatch):
    torch.save(dict(state_dict={'conv1.weight': torch.ones(1)}), tmp_path / 'bare.pth')
    with pytest.raises(InputError, match="begins with 'backbone.'"):
        tool('export_backbone').main([str(tmp_path / 'bare.pth')])
    with pytest.raises(InputError, match='gone.pth: there is no such checkpoint'):
        tool('export_backbone').main([str(tmp_path / 'gone.pth')])
    with pytest.raises(InputError, match='net.pth: is an address and has no folder; name one by'):
        tool('export_backbone').main(['https://host.invalid/net.pth'])
    monkeypatch.setattr(_requirements, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ic-backbones\[tools\]'"):
        tool('export_backbone').main([trained[0]])


def test_a_full_disk_leaves_no_half_of_a_file(trained, tool, tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', fail)
    with pytest.raises(InputError, match='safetensors: cannot be written .No space .*; free some'):
        tool('export_backbone').main([trained[0], '--out', str(tmp_path / 'out')])
    assert not list((tmp_path / 'out').iterdir())
