"""Bad data ends every tool with one sentence that names the file: before and in a training."""

import gc
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from bad_data import ANNOTATION, DATA, SPLIT
from image_faults import FAULTS
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch.utils.data import _utils

from ic_backbones.datasets.voc import sample
from ic_backbones.datasets.voc.crops import make_object_crops
from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.errors import InputError


@pytest.fixture
def root(write_voc) -> Path:
    """Two noisy images in VOC layout: a to train on, b to measure on."""
    root = write_voc(
        {f'{name}.jpg': [('cat', (2, 2, 20, 20))] for name in 'ab'}, {'train': 'a', 'val': 'b'}
    )
    rng = np.random.default_rng(0)
    for file in root.glob('JPEGImages/*'):
        cv2.imwrite(str(file), rng.integers(0, 256, (30, 40, 3), dtype=np.uint8))
    return root


CONFIG = """
data = dict(type='{kind}', data_root='{root}', data_prefix=dict(sub_data_root=''))
def loader(split, **options):
    file = 'ImageSets/Main/' + split + '.txt'
    return dict(dataset=dict(data, ann_file=file, metainfo=dict(classes=('cat',)), **options))
model = dict(bbox_head=dict(num_classes=1))
train_dataloader = loader('train')
val_dataloader = loader('val', test_mode=True)
train_cfg = optim_wrapper = dict()
"""


def config(root: Path, kind: str = 'ic_backbones.VOCStyleDataset') -> str:
    file = root / 'config.py'
    file.write_text(CONFIG.format(kind=kind, root=root))
    return str(file)


def check_sentence(sentence: str, file: Path, words: str) -> None:
    """It has one line of a readable length, the file, what is wrong with it, and what to do."""
    assert re.fullmatch(r'[^\n]{20,900}', sentence)
    subject, rest = sentence.split(': ', 1)
    assert str(file.with_suffix('')) in subject or f'(listed in {file.name})' in rest
    assert re.search(words, rest)
    assert '; ' in rest and not sentence.endswith('.')


@pytest.mark.parametrize('kind', ['ic_backbones.VOCStyleDataset', 'mmdet.VOCDataset'])
@pytest.mark.parametrize('case', DATA)
def test_before_a_training(case, kind, root, tool):
    name, damage, words = DATA[case]
    damage(root / name)
    with pytest.raises(InputError) as stopped:
        tool('train').main([config(root, kind), '--work-dir', str(root / 'work')])
    of_split = re.search('no object in|no <object> at all|objects are named', str(stopped.value))
    subject = SPLIT if of_split else name
    check_sentence(str(stopped.value), root / subject, words)


@pytest.mark.parametrize('case', DATA)
def test_the_doctor_reports_it(case, root, tool, capsys):
    """As an error in its report, or as a sentence where there is nothing to report on."""
    name, damage, words = DATA[case]
    damage(root / name)
    try:
        code = tool('check_dataset').main([config(root)])
        report = capsys.readouterr().out
    except InputError as error:
        check_sentence(str(error), root / name, words)
    else:
        assert code == 1 and re.search(words.split('; ')[0], report)
        assert str((root / name).with_suffix('')) in report or '(listed in train.txt)' in report
        assert len(report) < 3000


CROPS = {  # with all other faults, the function ends in a sentence
    'annotation: no objects': 0,
    'annotation: UTF-16': 0,
    'annotation: a name in capitals': 2,
    'annotation: another class': 1,
    'box: 0 0 1e308 1e308': 1,
    'box: -1e308 0 20 20': 1,
    'box: 5 5 400 300': 1,
    'box: 50 5 60 10': 1,
    'box: 0.1 0.2 0.5 0.9': 1,
    'split: empty': 0,
    'split: blank': 0,
}


@pytest.mark.parametrize('case', DATA)
def test_crops(case, root, tmp_path):
    name, damage, _ = DATA[case]
    damage(root / name)
    if case in CROPS:
        assert make_object_crops(root, tmp_path / 'crops', 'train') == CROPS[case]
        return
    with pytest.raises(InputError) as error:
        make_object_crops(root, tmp_path / 'crops', 'train')
    assert re.fullmatch(rf'{root}/[^\n]*: [^\n]*; [^\n]*', str(error.value))


@pytest.mark.parametrize('damage', ['a file', '../../cat', '..'])
def test_crops_that_cannot_be_written(damage, root, tmp_path):
    if damage == 'a file':
        (tmp_path / 'crops').touch()
    else:
        text = (root / ANNOTATION).read_text()
        (root / ANNOTATION).write_text(text.replace('>cat<', f'>{damage}<'))
    with pytest.raises(InputError, match='(crops/.*: cannot be written|cannot name a folder)'):
        make_object_crops(root, tmp_path / 'crops', 'train')


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ('--train 1000000000', 'cannot hold 1000000000 train and 60 val images; ask for 1 to'),
        ('--val 1000000000', 'cannot hold 240 train and 1000000000 val images'),
        ('--train 0', 'cannot hold 0 train'),
        ('--train -1', 'cannot hold -1 train'),
        ('--seed -1', 'seed -1: out of range'),
        ('--seed 4294967296', 'seed 4294967296: out of range'),
        ('--out {}/JPEGImages/a.jpg', 'a.jpg: this is a file; choose'),
        ('--out {}', 'holds files that this tool did not make'),
        ('--out /proc/x', '/proc/x: cannot be written'),
        ('--out {}/JPEGImages/a.jpg/x', 'x: cannot be written .Not a directory.; choose'),
    ],
)
def test_drawing_data(options, words, root, tool):
    before = sorted(root.rglob('*'))
    with pytest.raises(InputError, match=words):
        tool('make_sample_voc').main(options.format(root).split())
    assert sorted(root.rglob('*')) == before


def test_a_disk_that_fills_while_data_is_drawn(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(sample, 'write_image', fail)
    with pytest.raises(InputError, match='out: cannot be written .No space left on device.; free'):
        make_sample_voc(tmp_path / 'out', train=1, val=1)
    monkeypatch.undo()
    assert make_sample_voc(tmp_path / 'out', train=1, val=1, size=(96, 72))  # it is still ours


def test_the_demo_with_a_file_for_its_crops(tool, tmp_path, monkeypatch):
    module = tool('pretrain_demo')
    monkeypatch.setattr(module, 'step', lambda name, *argv: tool(name.replace('-', '_')).main(argv))
    (tmp_path / 'crops').touch()
    argv = ['--voc', str(tmp_path / 'voc'), '--crops', str(tmp_path / 'crops')]
    with pytest.raises(InputError, match='crops/train/.*: cannot be written .Not a directory.;'):
        module.main([*argv, '--images', '1', '1'])


@HOOKS.register_module()
class DamageImage(Hook):
    """Damages an image after the first epoch."""

    priority = 'LOWEST'

    def __init__(self, file: str, fault: str) -> None:
        self.file, self.damage = Path(file), FAULTS[fault][0]

    def after_train_epoch(self, runner) -> None:
        if runner.epoch == 0:
            self.damage(self.file)


DATASETS = {
    'detector': ('JPEGImages/train_0003.jpg', ''),
    'classifier': (
        'cat/cat_2.png',
        "train_dataloader['dataset'].update(type='ic_backbones.ImageFolder')",
    ),
}


@pytest.mark.parametrize(
    ('kind', 'workers', 'fault'),
    [
        ('detector', 0, 'empty'),
        ('detector', 2, 'truncated'),
        ('classifier', 0, 'missing'),
        ('classifier', 2, 'junk'),
    ],
)
def test_in_a_training(kind, workers, fault, request, tool, tmp_path, monkeypatch):
    """The first epoch is kept, and the second stops at the image."""
    source = Path(request.getfixturevalue(f'{kind}_config'))
    shutil.copytree(source.parent / 'data', tmp_path / 'data')
    image, changes = DATASETS[kind]
    image = tmp_path / 'data' / image
    config = tmp_path / 'config.py'
    config.write_text(
        source.read_text().replace(str(source.parent / 'data'), str(tmp_path / 'data'))
        + f"""
{changes}
train_dataloader.update(num_workers={workers})
train_cfg.update(max_epochs=2)
custom_hooks = [dict(type='DamageImage', file={str(image)!r}, fault={fault!r})]
"""
    )
    monkeypatch.setattr(_utils, 'MP_STATUS_CHECK_INTERVAL', 0.2)  # how long torch joins its workers
    with pytest.raises(InputError) as stopped:
        tool('train').main([str(config), '--work-dir', str(tmp_path / 'work')])
    sentence = str(stopped.value)
    del stopped
    gc.collect()
    check_sentence(sentence, image, FAULTS[fault][1])
    assert torch.load(tmp_path / 'work/epoch_1.pth', weights_only=False)['meta']['epoch'] == 1
    assert not (tmp_path / 'work/epoch_2.pth').exists()
