"""What a study trains again, and what it keeps."""

import subprocess
import sys
from pathlib import Path

import pytest
import study
import study_file
import study_runs

from ic_backbones.errors import InputError


def test_labels_with_dots_are_runs_of_their_own(tmp_path):
    own = study_file.Study({'alpha 0.1': {}, 'alpha 0.2': {}}, {}, *[tmp_path] * 3)
    files = {run.config_file.name for run in study_runs.runs_of(own, 2)}
    assert files == {f'alpha_0.{alpha}_{seed}.py' for alpha in (1, 2) for seed in (0, 1)}


def test_finished_runs_are_kept_until_their_config_changes(
    path, folders, trainings, tmp_path, result_file
):
    def start(seeds: int) -> int:
        before = len(trainings)
        study.main([path, '--seeds', str(seeds), *folders])
        return len(trainings) - before

    assert start(1) == 2 and start(1) == 0
    assert start(2) == 2 and [cfg.randomness.seed for cfg in trainings] == [0, 0, 1, 1]
    # Results alone are enough, and a student that must be trained needs its teacher again.
    (tmp_path / 'runs/plain_0/epoch_2.pth').unlink()
    assert start(2) == 0
    Path(path).write_text(
        Path(path).read_text().replace("'load_from':", "'model.width': 2, 'load_from':")
    )
    assert start(1) == 2 and trainings[-1].model.width == 2
    # A finished training whose result is missing is read, not done again.
    result_file('IC_net_0').unlink()
    assert start(1) == 0 and result_file('IC_net_0').is_file()
    # A teacher that changes makes its students outdated.
    config = tmp_path / 'config.py'
    config.write_text(config.read_text().replace("type='M'", "type='N'"))
    assert start(1) == 2


def test_a_teacher_that_becomes_another_one_has_other_students(
    path, folders, trainings, tmp_path, result_file, curves
):
    """Without its checkpoint it is trained again, and its students too if it ends elsewhere."""

    def students(seeds: int, accuracy: list[int]) -> list[int]:
        """The seeds of the students that are trained after a teacher with this accuracy."""
        (tmp_path / 'runs/plain_0/epoch_2.pth').unlink(missing_ok=True)
        curves['plain_0'] = accuracy
        trainings.clear()
        study.main([path, '--seeds', str(seeds), *folders])
        return [cfg.randomness.seed for cfg in trainings if cfg.load_from is not None]

    assert students(1, [40, 60]) == [0]
    assert students(2, [40, 60]) == [1]
    result_file('IC_net_1').unlink()
    assert students(2, [40, 66]) == [0, 1]


@pytest.mark.parametrize('jobs', ['1', '2'])
def test_a_student_may_be_a_teacher(path, folders, trainings, tmp_path, jobs, curves):
    """A teacher in the middle that has lost its checkpoint is trained again, and not its own."""
    with Path(path).open('a') as file:
        file.write("rows['last'] = rows['IC net'] | dict(teacher='IC net')\n")
    curves['last_0'] = [60, 62]
    curves['last_1'] = [60, 63]

    def train(seeds: int) -> list[tuple[str | None, int]]:
        trainings.clear()
        study.main([path, '--seeds', str(seeds), '--jobs', jobs, *folders])
        names = {None: 'plain', 'plain_0': 'IC net', 'IC_net_0': 'last'}
        return [
            (names[cfg.load_from and Path(cfg.load_from).parent.name], cfg.randomness.seed)
            for cfg in trainings
        ]

    assert train(1) == [('plain', 0), ('IC net', 0), ('last', 0)]
    (tmp_path / 'runs/IC_net_0/epoch_2.pth').unlink()
    assert sorted(train(2)) == [('IC net', 0), ('IC net', 1), ('last', 1), ('plain', 1)]


@pytest.mark.parametrize('missing', [0, -1])
def test_a_training_that_lacks_a_validation_goes_on(
    path, folders, trainings, tmp_path, missing, result_file
):
    """Its last checkpoint is there, but accuracies would be taken for those of other epochs."""
    study.main([path, '--seeds', '1', *folders])
    log = tmp_path / 'runs/plain_0/start/vis_data/scalars.json'
    lines = log.read_text().splitlines()
    lines.remove([line for line in lines if 'accuracy' in line][missing])
    log.write_text('\n'.join(lines))
    file = result_file('plain_0')
    before = file.read_text()
    file.unlink()
    study.main([path, '--seeds', '1', *folders])
    assert len(trainings) == 3 and file.read_text() == before


def test_a_training_that_has_lost_its_checkpoints_starts_again(
    path, folders, trainings, tmp_path, result_file
):
    study.main([path, '--seeds', '1', *folders])
    for file in (tmp_path / 'runs/plain_0/epoch_2.pth', result_file('plain_0')):
        file.unlink()
    (tmp_path / 'runs/plain_0/old').touch()
    study.main([path, '--seeds', '1', *folders])
    assert len(trainings) == 3 and not (tmp_path / 'runs/plain_0/old').exists()


def test_a_folder_of_no_study_is_left_to_train(
    path, folders, trainings, tmp_path, monkeypatch, result_file
):
    """train.py refuses one that holds checkpoints, unless it is told to resume."""
    study.main([path, '--seeds', '1', *folders])
    for file in (tmp_path / 'runs/plain_0.py', result_file('plain_0')):
        file.unlink()
    commands = []
    monkeypatch.setattr(study_runs, 'call', lambda command, **kwargs: commands.append(command) or 1)
    with pytest.raises(InputError, match='plain_0.output.txt: the training failed'):
        study.main([path, '--seeds', '1', *folders])
    assert '--resume' not in commands[0] and (tmp_path / 'runs/plain_0/epoch_2.pth').exists()


def test_the_folder_of_a_running_training_is_left_alone(path, folders, trainings, tmp_path):
    study.main([path, '--seeds', '1', *folders])
    config = tmp_path / 'config.py'
    config.write_text(config.read_text().replace("type='M'", "type='N'"))
    folder = tmp_path / 'runs/plain_0'
    code = (
        'import sys; from ic_backbones.runs.work_dir import locked\n'
        'with locked(sys.argv[1]): print(flush=True); input()'
    )
    with subprocess.Popen(
        [sys.executable, '-c', code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with pytest.raises(InputError, match='plain_0: another training is running here'):
            study.main([path, '--seeds', '1', *folders])
        other.communicate(b'\n')
    assert (folder / 'epoch_2.pth').exists() and len(trainings) == 2
    study.main([path, '--seeds', '1', *folders])
    assert len(trainings) == 4


def test_results_of_the_own_study_come_first(path, folders, trainings, tmp_path, result_file):
    study.main([path, '--seeds', '1', *folders])
    other = tmp_path / 'another' / result_file('plain_0').name
    other.parent.mkdir()
    other.write_text('{"accuracy": [1.0], "loss": [1.0]}')
    tables = study_file.read_study(path, tmp_path / 'runs', tmp_path / 'results')
    assert study_runs.Run(tables, 'plain', 0).result().accuracy == [40, 60]


def test_what_only_watches_does_not_count(path, folders, trainings, tmp_path):
    study.main([path, '--seeds', '1', *folders])
    config = tmp_path / 'config.py'
    text = config.read_text().replace('head={}', 'head=dict(cal_acc=True)')
    config.write_text(text + "default_hooks = dict(guard=dict(type='Guard'))\n")
    study.main([path, '--seeds', '1', *folders])
    assert len(trainings) == 2


def test_a_run_of_another_study_is_not_trained_again(path, folders, trainings, capsys):
    study.main([path, '--seeds', '1', *folders])
    table = capsys.readouterr().out
    other = Path(path).with_name('other.py')
    other.write_text(Path(path).read_text().replace('IC net', 'the same'))
    folders[3] += '/../other_results'
    study.main([str(other), '--seeds', '1', *folders])
    assert len(trainings) == 2
    assert table.splitlines()[-3].replace('IC net', 'the same') in capsys.readouterr().out
