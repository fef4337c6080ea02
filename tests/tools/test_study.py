"""The study runner: what it trains, skips and prints."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from benchmarks import study
from ic_backbones.errors import InputError

ROOT = study.TRAIN.parents[1]
STUDIES = sorted(path.stem for path in (ROOT / 'benchmarks/studies').glob('*_cifar10.py'))
STUDY = """
common = {'train_cfg.max_epochs': 2}
rows = {
    'plain': dict(config=CONFIG),
    'IC net': dict(config=CONFIG, options={'load_from': '{teacher}'}, teacher='plain'),
}
reach = (50, 90)
"""
CURVES = {'plain': ([40, 60], [50, 64]), 'IC_net': ([55, 91], [70, 70])}
SECONDS = {'plain': 0.2, 'IC_net': 0.25}


@pytest.fixture
def path(tmp_path) -> str:
    """A study of two rows, two epochs each."""
    (tmp_path / 'config.py').write_text(
        "train_cfg = dict(max_epochs=9)\nload_from = None\nmodel = dict(type='M')\n"
    )
    file = tmp_path / 'tiny.py'
    file.write_text(f'CONFIG = {str(tmp_path / "config.py")!r}\n{STUDY}')
    return str(file)


@pytest.fixture
def trainings(monkeypatch) -> list[Config]:
    """Trainings leave the logs of CURVES and are recorded."""
    configs = []

    def call(command, **kwargs):
        cfg, folder = Config.fromfile(command[2]), Path(command[4])
        configs.append(cfg)
        values = CURVES[folder.parent.name][cfg.randomness.seed]
        seconds = SECONDS[folder.parent.name]
        rows = []
        for epoch, value in enumerate(values, 1):
            rows.append(dict(loss=1.0, iter=epoch, epoch=epoch, time=seconds, step=epoch))
            rows.append({'accuracy/top1': value, 'step': epoch, 'time': 9.0})
        log = folder / 'start' / 'vis_data' / 'scalars.json'
        log.parent.mkdir(parents=True)
        log.write_text('\n'.join(map(json.dumps, rows)))
        (folder / 'epoch_2.pth').touch()
        (folder / 'last_checkpoint').write_text(str(folder / 'epoch_2.pth'))
        return 0

    monkeypatch.setattr(study.subprocess, 'call', call)
    return configs


def test_trains_every_row_and_seed_and_prints_the_table(path, trainings, tmp_path, capsys):
    out = tmp_path / 'runs'
    study.main([path, '--seeds', '2', '--jobs', '2', '--work-dir', str(out)])
    assert sorted((cfg.load_from is not None, cfg.randomness.seed) for cfg in trainings) == [
        (False, 0), (False, 1), (True, 0), (True, 1),
    ]  # fmt: skip
    assert all(cfg.train_cfg.max_epochs == 2 for cfg in trainings)
    teacher = str(out / 'plain' / 'seed_0' / 'epoch_2.pth')
    assert {cfg.load_from for cfg in trainings} == {None, teacher}
    printed = capsys.readouterr().out
    assert printed.count(' min to go') == 4
    assert printed.splitlines()[-4:] == [
        '| network | accuracy (%) | epochs to 50 % | epochs to 90 % | time |',
        '| --- | --- | --- | --- | --- |',
        '| plain | 62.00 ± 2.83 | 1.5 | – | 1.00 |',
        '| IC net | 80.50 ± 14.85 | 1.0 | – | 1.25 |',
    ]


def test_finished_runs_are_kept_until_their_config_changes(path, trainings, tmp_path):
    argv = [path, '--seeds', '1', '--work-dir', str(tmp_path / 'runs')]
    study.main(argv)
    study.main(argv)
    assert len(trainings) == 2
    study.main([path, '--seeds', '2', '--work-dir', str(tmp_path / 'runs')])
    assert [cfg.randomness.seed for cfg in trainings] == [0, 0, 1, 1]
    Path(path).write_text(
        Path(path).read_text().replace("'load_from':", "'model.width': 2, 'load_from':")
    )
    study.main(argv)
    assert len(trainings) == 5 and trainings[-1].model.width == 2
    (tmp_path / 'runs/plain/seed_0/epoch_2.pth').unlink()
    study.main(argv)
    assert len(trainings) == 6


def test_one_real_run(classifier_config, tmp_path, capsys, monkeypatch):
    file = tmp_path / 'real.py'
    file.write_text(f'rows = dict(tiny=dict(config={classifier_config!r}))\nreach = (0,)')
    study.main([str(file), '--seeds', '1', '--work-dir', str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[-1].endswith('| 1.0 | 1.00 |')
    assert 'state_dict' in torch.load(tmp_path / 'tiny/seed_0/epoch_1.pth', weights_only=False)
    monkeypatch.setattr(study.subprocess, 'call', lambda *args, **kwargs: pytest.fail('again'))
    study.main([str(file), '--seeds', '1', '--work-dir', str(tmp_path)])


def test_a_failed_training_and_wrong_studies_are_one_sentence(path, tmp_path, monkeypatch):
    def fail(command, stdout, **kwargs):
        stdout.write('much\nerror: no data\n')
        return 1

    monkeypatch.setattr(study.subprocess, 'call', fail)
    with pytest.raises(InputError, match=r'output\.txt: the training failed .error: no data.; me'):
        study.main([path, '--seeds', '1', '--work-dir', str(tmp_path / 'runs')])
    file = tmp_path / 'wrong.py'
    for text, words in (
        ('1 / 0', 'cannot be read, ZeroDivisionError'),
        ('rows = {}', r'needs rows = \{label: dict\(config=...\)\}'),
        ("rows = dict(a=dict(config='', teacher='b'), b=dict(config=''))", "'a' needs its teacher"),
        ("rows = dict(a=dict(config='gone.py'))", 'gone.py: no such config'),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=words):
            study.main([str(file), '--work-dir', str(tmp_path / 'w')])


@pytest.mark.parametrize('name', STUDIES)
def test_studies_fit_their_configs(name):
    tables = study.read_study(str(ROOT / f'benchmarks/studies/{name}.py'))
    for row in tables['rows'].values():
        row = dict(row, config=ROOT / row['config'])
        cfg = study.run_config(row, tables['common'], 0, 'teacher.pth')
        assert cfg.train_cfg.max_epochs < 50 and cfg.randomness.seed == 0
        with DefaultScope.overwrite_default_scope('mmpretrain'), torch.no_grad():
            scores = MODELS.build(cfg.model).eval()(torch.zeros(1, 3, 32, 32))
        assert scores.shape == (1, 10)
