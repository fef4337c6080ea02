"""What the rows of a study cost."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import study_costs
import study_file
import study_runs
from mmengine.config import Config
from torch import nn

from ic_backbones.distillation.wld_classifier import WLDClassifier
from ic_backbones.errors import InputError

ROOT = study_runs.TRAIN.parents[1]


@pytest.fixture
def built(monkeypatch) -> list[nn.Module]:
    """The models that are built."""
    build, models = study_costs.MODELS.build, []
    monkeypatch.setattr(
        study_costs.MODELS,
        'build',
        lambda *args, **kwargs: models.append(build(*args, **kwargs)) or models[-1],
    )
    return models


def test_the_step_normalises_images_as_the_training_does(classifier_config, built):
    cfg = Config.fromfile(classifier_config)
    cfg.model.pop('data_preprocessor', None)
    cfg.data_preprocessor = dict(num_classes=2, mean=[1.0, 2.0, 3.0], std=[1.0, 1.0, 1.0])
    study_costs.training_step(SimpleNamespace(teacher=None, config=lambda teacher: cfg))
    assert built[-1].data_preprocessor.mean.flatten().tolist() == [1, 2, 3]


def test_a_student_needs_no_trained_teacher(built, tmp_path, monkeypatch):
    """Its step has the teacher's forward pass, whose checkpoint need not be there."""
    monkeypatch.chdir(ROOT)
    tables = study_file.read_study('benchmarks/studies/confirm_finetune_cifar10.py', str(tmp_path))
    run = study_runs.Run(tables, 'WLD, τ 4, e 0.005', 0)
    step = study_costs.training_step(run)
    student = next(model for model in built if isinstance(model, WLDClassifier))
    calls = []
    student.teacher.register_forward_hook(lambda *args: calls.append(1))
    step()
    assert calls == [1]
    assert not list(tmp_path.iterdir())


def test_rows_that_compute_the_same_have_one_time(path, folders, trainings, monkeypatch):
    """They differ in their schedules alone; students of other teachers do not."""
    file = Path(path)
    file.write_text(
        file.read_text()
        + "rows['slow'] = dict(config=CONFIG, options={'param_scheduler.gamma': 0.5})\n"
        + "student = dict(config=CONFIG, options={'model.teacher': '{teacher}'})\n"
        + "rows['student'] = student | dict(teacher='plain')\n"
        + "rows['student of IC'] = student | dict(teacher='IC net')\n"
    )
    measured = []
    monkeypatch.setattr(
        study_costs, 'ratios', lambda steps, rounds: measured.extend(steps) or [1.0, 2.2, 3.0, 4.0]
    )
    tables = study_file.read_study(path, *folders[1::2])
    tables.results.mkdir()
    costs = study_costs.read_costs(tables)
    assert len(measured) == 4
    twins = {'plain': 1.0, 'IC net': 2.2, 'slow': 1.0}
    assert costs.steps == twins | {'student': 3.0, 'student of IC': 4.0}
    assert study_costs.kept_costs(tables) == costs


@pytest.mark.parametrize('step', ['"x"', '0', 'NaN', 'null', '-1'])
def test_costs_that_are_not_times_are_one_sentence(path, folders, trainings, step):
    tables = study_file.read_study(path, *folders[1::2])
    tables.results.mkdir()
    study_costs.read_costs(tables)
    file = tables.results / 'costs.json'
    file.write_text(file.read_text().replace('2.2', step))
    with pytest.raises(InputError, match=r'costs\.json: these are not the costs of a study'):
        study_costs.kept_costs(tables)


def test_a_study_of_detectors_has_no_costs(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    tables = study_file.read_study('benchmarks/studies/detection_sample.py', results=str(tmp_path))
    assert study_costs.read_costs(tables) == study_costs.Costs({}, {})
