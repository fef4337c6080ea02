"""The benchmarks are scripts that import each other by name, as from their own folder.

Here is also a study of two rows, whose trainings leave given curves.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parents[2] / 'benchmarks'))

import study_costs  # noqa: E402
import study_picture  # noqa: E402
import study_runs  # noqa: E402

from ic_backbones.runs.work_dir import last_checkpoint  # noqa: E402

STUDY = """
common = {'train_cfg.max_epochs': 2}
rows = {
    'plain': dict(config=CONFIG),
    'IC net': dict(
        config=CONFIG, options={'load_from': '{teacher}', 'model.ic': True}, teacher='plain'
    ),
}
"""


@pytest.fixture
def path(tmp_path) -> str:
    """A study of two rows, two epochs each."""
    (tmp_path / 'config.py').write_text(
        "train_cfg = dict(max_epochs=8)\nload_from = None\nmodel = dict(type='M', head={})\n"
        "param_scheduler = dict(type='MultiStepLR', milestones=[4, 6])\n"
        'train_dataloader = dict(batch_size=4)\n'
    )
    file = tmp_path / 'tiny.py'
    file.write_text(f'CONFIG = {str(tmp_path / "config.py")!r}\n{STUDY}')
    return str(file)


@pytest.fixture
def folders(tmp_path) -> list[str]:
    """The options that keep a study inside ``tmp_path``."""
    names = {'--work-dir': 'runs', '--results': 'results', '--picture': 'curves.png'}
    return [word for name, value in names.items() for word in (name, str(tmp_path / value))]


@pytest.fixture
def result_file(tmp_path) -> Callable[[str], Path]:
    """Finds the only result of a run."""

    def find(name: str) -> Path:
        (file,) = (tmp_path / 'results').glob(f'{name}_*.json')
        return file

    return find


@pytest.fixture
def curves() -> dict[str, list[float]]:
    """The accuracies after each epoch that a run's training leaves."""
    return {
        'plain_0': [40, 60],
        'plain_1': [50, 64],
        'IC_net_0': [55, 61],
        'IC_net_1': [70, 71],
        'IC_net_1_epochs_0': [57],
        'IC_net_1_epochs_1': [60],
    }


@pytest.fixture
def trainings(curves, monkeypatch) -> list[Config]:
    """Trainings leave the logs of ``curves`` and are recorded.

    The IC network's step takes 2.2, and it has 1.1 times the parameters.
    """
    configs = []

    def call(command, **kwargs):
        cfg, folder = Config.fromfile(command[2]), Path(command[4])
        assert ('--resume' in command) == (last_checkpoint(folder) is not None)
        configs.append(cfg)
        rows = []
        for epoch, value in enumerate(curves[folder.name], 1):
            for loss in (1.5, 0.5 + value / 100):
                rows.append(dict(loss=loss, iter=len(rows) + 1, epoch=epoch, time=1, step=epoch))
            rows.append({'accuracy/top1': value, 'step': epoch, 'time': 9.0})
        log = folder / 'start' / 'vis_data' / 'scalars.json'
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text('\n'.join(map(json.dumps, rows)))
        last = folder / f'epoch_{cfg.train_cfg.max_epochs}.pth'
        last.touch()
        (folder / 'last_checkpoint').write_text(str(last))
        return 0

    monkeypatch.setattr(study_runs, 'call', call)
    monkeypatch.setattr(study_costs, 'training_step', lambda run: run)
    monkeypatch.setattr(
        study_costs, 'ratios', lambda steps, rounds: [1.0] + [2.2] * (len(steps) - 1)
    )
    monkeypatch.setattr(study_costs, 'size', lambda run: (10 + (run.label != 'plain'), 400))
    return configs


@pytest.fixture
def figures(monkeypatch) -> list[Figure]:
    """The pictures, which are not written."""
    found = []
    monkeypatch.setattr(
        study_picture.Figure, 'savefig', lambda figure, *args, **kwargs: found.append(figure)
    )
    monkeypatch.setattr(study_picture, 'write_atomically', lambda *args: None)
    return found
