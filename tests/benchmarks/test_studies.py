"""The studies that are kept, and their results."""

import json
import re
from pathlib import Path

import pytest
import study_file
import study_runs
import torch
from mmengine.registry import MODELS as REGISTRY
from mmengine.registry import DefaultScope

from ic_backbones.errors import InputError

ROOT = study_runs.TRAIN.parents[1]
RESULTS = ROOT / 'benchmarks/results'
STUDIES = sorted(
    path.stem
    for path in (ROOT / 'benchmarks/studies').glob('*.py')
    if '\nrows = ' in path.read_text()
)


@pytest.mark.parametrize('name', STUDIES)
def test_studies_fit_their_configs(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    tables = study_file.read_study(f'benchmarks/studies/{name}.py')
    built = []
    for run in study_runs.runs_of(tables, 1):
        cfg = run.config('teacher.pth')
        assert cfg.randomness.seed == 0
        if name.startswith('paper_'):
            assert all(key.endswith('.dataset.batched') for key in tables.common)
            has_options = 'options' in tables.rows[run.label]
            assert has_options == (run.label == 'IC-MobileNet')  # its config leaves the paper
            if not has_options:  # test_classification_configs.py builds it
                continue
        else:
            assert cfg.train_cfg.max_epochs < 50  # only the papers' own trainings are long
        if cfg.model in built:
            continue
        built.append(cfg.model)
        with DefaultScope.overwrite_default_scope(cfg.default_scope), torch.no_grad():
            model = REGISTRY.build(cfg.model).eval()
            if cfg.default_scope == 'mmpretrain':
                size = 64 if 'sample' in str(run.study.rows[run.label]['config']) else 32
                scores = model(torch.zeros(1, 3, size, size))
                assert scores.shape == (1, cfg.model.head.num_classes)


@pytest.mark.parametrize('name', sorted(path.name for path in RESULTS.iterdir()))
def test_results_are_those_of_the_study(name, monkeypatch):
    """A result or a cost that no run finds any more would be kept for nothing."""
    monkeypatch.chdir(ROOT)
    tables = study_file.read_study(f'benchmarks/studies/{name}.py')
    files = {path.name for path in (RESULTS / name).iterdir()}
    seeds = {int(seed) for seed in re.findall(r'_(\d+)_[0-9a-f]{16}\.json', ' '.join(files))}
    epochs = {int(number) for number in re.findall(r'_(\d+)_epochs_', ' '.join(files))}
    names = {
        f'{run.name}_{run.digest}.json'
        for each in study_runs.runs_of(tables, 1 + max(seeds))
        for run in (each, *map(each.with_epochs, epochs))
    }
    assert files - names <= {'costs.json'}
    if 'costs.json' in files:
        configs = json.loads((RESULTS / name / 'costs.json').read_text())['configs']
        assert configs == {
            label: study_runs.Run(tables, label, 0).config_digest for label in tables.rows
        }


def test_objects_are_cut_out_all_or_none(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / 'benchmarks/studies')
    import detection

    def cut(voc, out, split):
        Path(out, split).mkdir(parents=True)
        if split == voc:
            raise InputError('broken')

    monkeypatch.setattr(detection, 'make_object_crops', cut)
    out = tmp_path / 'data' / 'crops'
    with pytest.raises(InputError, match='broken'):
        detection.cut_out_objects('val', str(out))
    assert not list(out.parent.iterdir())
    detection.cut_out_objects('', str(out))
    assert {path.name for path in out.iterdir()} == {'train', 'val'}
    monkeypatch.setattr(detection, 'make_object_crops', lambda *args: pytest.fail('again'))
    detection.cut_out_objects('', str(out))
