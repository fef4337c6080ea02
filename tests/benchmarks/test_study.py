"""The study runner: what it trains, keeps and compares."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import study
import study_docs
import study_file
import study_process
import study_runs
import torch
from mmengine.config import Config

from ic_backbones.errors import InputError


def test_trains_every_row_and_seed_and_prints_the_table(path, folders, trainings, tmp_path, capsys):
    study.main([path, '--seeds', '2', '--jobs', '2', '--equal-time', *folders])
    assert sorted(
        (cfg.load_from is not None, cfg.randomness.seed, cfg.train_cfg.max_epochs)
        for cfg in trainings
    ) == [(False, 0, 2), (False, 1, 2), (True, 0, 1), (True, 0, 2), (True, 1, 1), (True, 1, 2)]
    assert {cfg.load_from for cfg in trainings} == {
        None, str(tmp_path / 'runs/plain_0/epoch_2.pth')
    }  # fmt: skip
    printed = capsys.readouterr().out
    assert printed.count(' min to go') == 6
    # Differences 1 and 7: t of one degree of freedom is 12.706, the standard error 3.
    assert printed.splitlines()[-5:-2] == [
        f'|{"---|" * 11}',
        '| plain | – | 62.00 ± 2.83 | – | 1.310 ± 0.014 | – | 1.00 | 1.00 | 1.00 '
        '| 62.00 ± 2.83 (epochs: 2, time: 1.00) | – |',
        '| IC net | plain | 66.00 ± 7.07 | +4.00 ± 38.12 | 1.330 ± 0.035 | +0.020 ± 0.191 | 2.20 '
        '| 1.10 | 1.00 | 58.50 ± 2.12 (epochs: 1, time: 1.10) | −3.50 ± 6.35 |',
    ]
    assert (tmp_path / 'curves.png').stat().st_size > 1000


def test_training_accuracy_is_a_column_and_a_panel_where_all_runs_have_it(
    path, folders, trainings, figures, capsys, result_file
):
    study.main([path, '--seeds', '1', *folders])
    assert 'training (%)' not in capsys.readouterr().out
    for name, values in (('plain_0', [50.0, 70.0]), ('IC_net_0', [50.0, 75.0])):
        file = result_file(name)
        file.write_text(json.dumps(json.loads(file.read_text()) | dict(training=values)))
    study.main([path, '--seeds', '1', *folders])
    *_, training = figures[-1].axes
    assert [list(line.get_ydata()) for line in training.lines] == [[50, 70], [50, 75]]
    plain, ic = capsys.readouterr().out.splitlines()[-4:-2]
    assert plain.endswith('| 1.00 | 70.00 | – |') and ic.endswith('| 1.00 | 75.00 | +5.00 |')


def test_several_pairs_answer_a_question_together(path, folders, trainings, capsys, curves):
    file = Path(path)
    file.write_text(
        file.read_text()
        + "rows['last'] = dict(config=CONFIG, options={'model.width': 2}, seeds=1)\n"
        + "together = {'IC': [('IC net', 'plain'), ('last', 'IC net')]}\n"
    )
    curves['last_0'] = [60, 64]
    study.main([path, '--seeds', '2', *folders])
    # Differences 1, 7 and 3: the standard error is 1.764, t of two degrees of freedom 4.303.
    assert capsys.readouterr().out.splitlines()[-5:-2] == [
        '| question | pairs of runs | accuracy (%) | loss |',
        '|---|---|---|---|',
        '| IC | 3 | +3.67 ± 7.59 | +0.018 ± 0.038 |',
    ]


def test_a_row_may_be_compared_with_several(path, folders, trainings, capsys):
    file = Path(path)
    file.write_text(file.read_text() + "rows['IC net']['against'] = ['IC net', 'plain']\n")
    study.main([path, '--seeds', '2', '--equal-time', *folders])
    assert len(trainings) == 4  # of the time of the first one, itself
    lines = [line.strip('| ').split(' | ') for line in capsys.readouterr().out.splitlines()[-4:-2]]
    assert [line[1] for line in lines] == ['–', 'plain']
    assert [line[3] for line in lines] == ['–', '+4.00 ± 38.12']
    assert [line[-2:] for line in lines] == [
        ['66.00 ± 7.07 (epochs: 2, time: 1.00)', '–'],
        ['–', '–'],
    ]


def test_a_row_may_have_fewer_seeds(path, folders, trainings, capsys):
    file = Path(path)
    file.write_text(file.read_text() + "rows['plain']['seeds'] = 1\n")
    study.main([path, '--seeds', '2', *folders])
    assert sorted((cfg.load_from is not None, cfg.randomness.seed) for cfg in trainings) == [
        (False, 0), (True, 0), (True, 1)
    ]  # fmt: skip
    plain, ic = capsys.readouterr().out.splitlines()[-4:-2]
    assert plain.startswith('| plain | – | 60.00 | – |')
    assert ic.startswith('| IC net | plain | 66.00 ± 7.07 | +1.00 |')


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


def test_a_training_without_checkpoints_ends_a_study(path, folders, trainings, monkeypatch):
    monkeypatch.setattr(study_runs, 'last_checkpoint', lambda folder: None)
    with pytest.raises(InputError, match=r'plain_0: the training has left no epoch_2\.pth'):
        study.main([path, '--seeds', '1', *folders])


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


def test_shortened_schedules_keep_their_shape():
    cfg = Config(
        dict(
            train_cfg=dict(max_epochs=30),
            param_scheduler=[
                dict(type='LinearLR', begin=0, end=5),
                dict(type='MultiStepLR', milestones=[10, 20], gamma=0.1),
                dict(type='OneCycleLR', total_steps=30, pct_start=0.3),
            ],
        )
    )
    study_runs.scale_schedule(cfg, 24)
    assert cfg.train_cfg.max_epochs == 24
    linear, steps, cycle = cfg.param_scheduler
    assert (linear.begin, linear.end) == (0, 4)
    assert steps.milestones == [8, 16] and steps.gamma == 0.1
    assert cycle.total_steps == 24 and cycle.pct_start == 0.3
    study_runs.scale_schedule(cfg, 1)
    assert (linear.begin, linear.end) == (0, 1) and steps.milestones == [1, 1]
    warm = Config(dict(train_cfg=dict(max_epochs=8), param_scheduler=dict(begin=1, end=8)))
    study_runs.scale_schedule(warm, 1)
    assert warm.param_scheduler.begin == 0 and warm.param_scheduler.end == 1


def test_one_real_run(classifier_config, folders, tmp_path, capsys, monkeypatch, result_file):
    file = tmp_path / 'real.py'
    file.write_text(f'rows = dict(tiny=dict(config={classifier_config!r}))')
    study.main([str(file), '--seeds', '1', *folders])
    assert capsys.readouterr().out.splitlines()[-3].endswith('| – | 1.00 | 1.00 | 1.00 |')
    result = json.loads(result_file('tiny_0').read_text())
    assert len(result['accuracy']) == len(result['loss']) == 1
    assert 'state_dict' in torch.load(tmp_path / 'runs/tiny_0/epoch_1.pth', weights_only=False)
    monkeypatch.setattr(study_runs, 'call', lambda *args, **kwargs: pytest.fail('again'))
    study.main([str(file), '--seeds', '1', *folders])


def test_a_run_of_another_study_is_not_trained_again(path, folders, trainings, tmp_path, capsys):
    study.main([path, '--seeds', '1', *folders])
    table = capsys.readouterr().out
    other = Path(path).with_name('other.py')
    other.write_text(Path(path).read_text().replace('IC net', 'the same'))
    folders[3] += '/../other_results'
    study.main([str(other), '--seeds', '1', *folders])
    assert len(trainings) == 2
    assert table.splitlines()[-3].replace('IC net', 'the same') in capsys.readouterr().out


@pytest.mark.parametrize(
    'text',
    [
        '{"accuracy": [1]}',
        '{"accuracy": [], "loss": []}',
        '{"accuracy": [1, 2], "loss": [1]}',
        '{"accuracy": [1], "loss": [1]}',  # one epoch of two
        '{"accuracy": [1, 2, 3], "loss": [1, 2, 3]}',
        '{"accuracy": [NaN], "loss": [1]}',
        '{"accuracy": ["a"], "loss": [1]}',
        '{"accuracy": 5, "loss": 5}',
        '{"accuracy": null, "loss": [1]}',
        '{"accuracy": null, "loss": null}',
    ],
)
def test_an_unreadable_result_is_one_sentence(path, folders, trainings, result_file, text):
    """That of a teacher does not make its students train again."""
    study.main([path, '--seeds', '1', *folders])
    result_file('plain_0').write_text(text)
    with pytest.raises(InputError, match=r'plain_0.*\.json: this is not the result of a run'):
        study.main([path, '--seeds', '1', *folders])
    assert len(trainings) == 2 and result_file('IC_net_0').is_file()


def test_after_a_failure_no_other_run_starts(path, folders, trainings, curves):
    file = Path(path)
    broken = "'broken': dict(config=CONFIG, options={'model.width': 2}), "
    file.write_text(file.read_text().replace("'plain': dict", f"{broken}'plain': dict"))
    curves['broken_0'] = [40]  # of two epochs
    with pytest.raises(InputError, match='broken_0: the training has left no'):
        study.main([path, '--seeds', '1', *folders])
    assert len(trainings) == 1


WAITING = """
import sys
import study, study_process
from ic_backbones.errors import InputError
from ic_backbones_tools.command import run_tool

CHILD = 'import os, time; open("pid", "w").write(str(os.getpid())); time.sleep(99)'

class Run:
    def __init__(self, name):
        self.train = getattr(self, name)
    def sleep(self):
        study_process.call([sys.executable, '-c', CHILD])
    def fail(self):
        raise InputError('broken')

run_tool(lambda: study._train_side_by_side([Run(name) for name in sys.argv[1:]], 2))
"""


@pytest.mark.parametrize('runs', [['sleep'], ['sleep', 'fail']])
def test_sigterm_ends_the_trainings_of_a_study(runs, tmp_path):
    """Also while it waits for one, after another has failed."""
    path = os.pathsep.join([str(study_runs.TRAIN.parents[1] / 'benchmarks'), *sys.path])
    command = [sys.executable, '-c', WAITING, *runs]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | dict(PYTHONPATH=path)) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / 'pid').is_file() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)  # until it waits
        process.terminate()
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / 'pid').read_text()), 0)


def test_nothing_starts_once_a_study_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(study_process, 'stopped', threading.Event())
    command = [sys.executable, '-c', 'open("started", "w")']
    study_process.stop()
    assert study_process.call(command, cwd=tmp_path) == -signal.SIGTERM
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('loss', ['NaN', None])
def test_a_log_without_a_loss_is_one_sentence(
    path, folders, trainings, tmp_path, result_file, loss
):
    study.main([path, '--seeds', '1', *folders])
    result_file('plain_0').unlink()
    log = tmp_path / 'runs/plain_0/start/vis_data/scalars.json'
    lines = log.read_text().splitlines()
    train = [index for index, line in enumerate(lines) if '"loss"' in line and '"epoch": 2' in line]
    for index in reversed(train):
        if loss is None:
            del lines[index]
        else:
            lines[index] = re.sub('"loss": [0-9.]+', f'"loss": {loss}', lines[index])
    log.write_text('\n'.join(lines))
    with pytest.raises(InputError, match='plain_0: the log of its training is not complete'):
        study.main([path, '--seeds', '1', *folders])


def test_epochs_of_other_lengths_have_no_equal_time(path, folders, trainings):
    file = Path(path)
    file.write_text(
        file.read_text().replace("'model.ic'", "'train_dataloader.batch_size': 8, 'model.ic'")
    )
    with pytest.raises(InputError, match="'IC net': it has another train_dataloader than 'plain'"):
        study.main([path, '--seeds', '1', '--equal-time', *folders])


def test_detectors_have_no_equal_time(folders, trainings):
    path = 'benchmarks/studies/detection_sample.py'
    with pytest.raises(InputError, match='the training step of a detector is not timed; leave out'):
        study.main([path, '--seeds', '1', '--equal-time', *folders])


def test_a_failed_training_and_wrong_files_are_one_sentence(path, folders, tmp_path, monkeypatch):
    def fail(command, stdout, **kwargs):
        stdout.write('much\nerror: no data\na line of another training in this folder\n')
        stdout.flush()
        return 1

    monkeypatch.setattr(study_runs, 'call', fail)
    with pytest.raises(InputError, match=r'output\.txt: the training failed .error: no data.; co'):
        study.main([path, '--seeds', '1', *folders])
    monkeypatch.setattr(study_runs, 'call', lambda *args, **kwargs: -9)
    with pytest.raises(InputError, match='failed .ended by signal 9, perhaps for lack of memory'):
        study.main([path, '--seeds', '1', *folders])
    file = tmp_path / 'wrong.py'
    for text, words in (
        ('1 / 0', 'cannot be read .*ZeroDivisionError'),
        ('rows = {}', r'write rows = \{label: dict\(config=...\)\}'),
        ("rows = dict(a=dict(config='', teacher='b'), b=dict(config=''))", "'a' names 'b' as its"),
        ("rows = dict(a=dict(config='', against='b'), b=dict(config=''))", "'a' names 'b' as its"),
        ("rows = dict(a=dict(config='', against=[]))", r"'a' has against=\[\]; name a row"),
        ("rows = {'a, b': dict(config=''), 'a; b': dict(config='')}", 'have the same file name'),
        ("rows = dict(a=dict(config='gone.py'))", r'gone\.py'),
        ('import sys; sys.exit(3)', 'cannot be read .SystemExit: 3'),
        ('rows = [dict(config="")]', 'it has no rows; write'),
        ("rows = dict(a=dict(config='', option={}))", "'a' has 'option'; a row has only config,"),
        ("rows = dict(a=dict(config='', seeds=0))", "'a' has seeds=0; give 1 or more"),
        ("rows = dict(a=dict(config='', seeds=True))", "'a' has seeds=True; give 1 or more"),
        ("rows = {'a|b': dict(config='')}", r"'a\|b': a label has at most 100 characters and no"),
        ("rows = {'a 3 epochs': dict(config='')}", 'does not end in a number of epochs; rename'),
        ("rows = {101 * 'a': dict(config='')}", 'a label has at most 100 characters'),
        (
            "rows = dict(a=dict(config='', options={'model': print}))",
            "'a' overrides 'model' with what is not plain data",
        ),
        (
            "rows = dict(a=dict(config=''), b=dict(config=''))\ntogether = {3: [('a', 'b')]}",
            'the question 3 is not a text; write one',
        ),
        ("rows = dict(a=dict(config='', against=3))", "'a' has against=3; name a row"),
        ("rows = dict(a=dict(config='', options=[]))", r"'a' has \[\] as overrides; write a dict"),
        ("rows = dict(a=dict(config=''))\ncommon = None", 'common has None as overrides'),
        (
            "rows = dict(a=dict(config=''))\ncommon = {'default_hooks.seed_epoch': None}",
            "common overrides 'default_hooks.seed_epoch', by",
        ),
        ("rows = dict(a=dict(config=''))\ncommon = {'env_cfg.a': 1}", "overrides 'env_cfg.a', by"),
        (
            "rows = dict(a=dict(config=''))\ncommon = {'randomness.seed': 1}",
            "overrides 'randomness",
        ),
        (
            "rows = dict(a=dict(config='', options={'default_hooks.a': 1}))",
            "'a' overrides 'default",
        ),
        (
            "rows = dict(a=dict(config='', options={'load_from': '{teacher}'}))",
            "'a' has a teacher, or '{teacher}' as an option; write both or neither",
        ),
        ("rows = dict(a=dict(config=''))\ntogether = []", 'it has no questions; write together'),
        ("rows = dict(a=dict(config=''))\ntogether = {'q': [('a', 'a')]}", "'q' has no pairs"),
        ("rows = dict(a=dict(config=''))\ntogether = {'q': [('a', 'b', 'a')]}", "'q' has no pairs"),
        ("rows = dict(a=dict(config=''))\ntogether = {'q': ['ab']}", "'q' has no pairs"),
        ("rows = dict(a=dict(config=''))\nprepare = 3", 'it has prepare=3; write a function'),
        (
            f'rows = dict(a=dict(config={path.replace("tiny", "config")!r}, '
            "options={'train_cfg.max_epochs.x': 1}))",
            "'a' overrides train_cfg.max_epochs.x .*: this does not fit the config, .*; correct",
        ),
        ("rows = dict(a=dict(config=''))\ntogether = {'q': [('a', 'b')]}", "'q' names 'b', which"),
        ("rows = dict(a=dict(config=''))\ntogether = {'q': []}", "'q' has no pairs; write"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=words):
            study.main([str(file), *folders])
    with pytest.raises(InputError, match=r'gone\.py: there is no such file; name a study'):
        study.main(['gone.py', *folders])
    folders[-1] += '.unknown'
    with pytest.raises(InputError, match=r'--picture .*\.unknown: this is not a \.png file; give'):
        study.main([path, *folders])
    with pytest.raises(InputError, match=r'gone\.md: it cannot be read .*; name a page'):
        study_docs.main(['gone.md'])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r'docs: it holds no results_\*\.md; run this in the root'):
        study_docs.main([])


def test_a_validation_without_a_metric_is_one_sentence(
    path, folders, trainings, tmp_path, result_file
):
    study.main([path, '--seeds', '1', *folders])
    result_file('plain_0').unlink()
    log = tmp_path / 'runs/plain_0/start/vis_data/scalars.json'
    log.write_text(log.read_text().replace('accuracy/top1', 'accuracy/top5'))
    with pytest.raises(
        InputError, match=r'found accuracy/top5, .*; give the config an evaluator with mAP or acc'
    ):
        study.main([path, '--seeds', '1', *folders])


def test_a_config_without_epochs_is_one_sentence(path, folders, tmp_path):
    (tmp_path / 'config.py').write_text('train_cfg = dict(max_iters=8)\n')
    Path(path).write_text(Path(path).read_text().replace("{'train_cfg.max_epochs': 2}", '{}'))
    with pytest.raises(InputError, match=r"'plain': its config counts no epochs; set train_cfg"):
        study.main([path, '--seeds', '1', *folders])


def test_detection_is_prepared_and_judged_by_its_map(folders, tmp_path, monkeypatch, capsys):
    """A row of a detector has its mAP in percent, and no time of a step."""
    (tmp_path / 'config.py').write_text(
        "default_scope = 'mmdet'\ntrain_cfg = dict(max_epochs=1)\nmodel = dict(type='D')\n"
    )
    file = tmp_path / 'detection.py'
    file.write_text(
        f'rows = dict(net=dict(config={str(tmp_path / "config.py")!r}))\n'
        'def prepare():\n'
        f"    open({str(tmp_path / 'made')!r}, 'a').write('x')\n"
    )

    def call(command, **kwargs):
        assert (tmp_path / 'made').read_text() == 'x'
        log = Path(command[4]) / 'start' / 'vis_data' / 'scalars.json'
        log.parent.mkdir(parents=True)
        train, val = dict(loss=1.5, iter=1, epoch=1), {'pascal_voc/mAP': 0.625, 'step': 1}
        log.write_text(f'{json.dumps(train)}\n{json.dumps(val)}\n')
        (Path(command[4]) / 'epoch_1.pth').touch()
        (Path(command[4]) / 'last_checkpoint').write_text(str(Path(command[4]) / 'epoch_1.pth'))
        return 0

    monkeypatch.setattr(study_runs, 'call', call)
    for _ in range(2):  # the second time there is nothing to prepare
        study.main([str(file), '--seeds', '1', *folders])
        assert '| net | – | 62.50 | – | 1.500 | – | – | – | – |' in capsys.readouterr().out
    assert (tmp_path / 'made').read_text() == 'x'
