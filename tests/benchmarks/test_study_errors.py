"""How a study ends: failed trainings, wrong files, signals."""

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
import study_process
import study_runs

from ic_backbones.errors import InputError


def test_a_training_without_checkpoints_ends_a_study(path, folders, trainings, monkeypatch):
    monkeypatch.setattr(study_runs, 'last_checkpoint', lambda folder: None)
    with pytest.raises(InputError, match=r'plain_0: the training has left no epoch_2\.pth'):
        study.main([path, '--seeds', '1', *folders])


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


def test_a_failed_training_is_one_sentence(path, folders, monkeypatch):
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


@pytest.mark.parametrize(
    ('text', 'words'),
    [
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
        ("rows = dict(a=dict(config=''))\ntogether = {'q': [('a', 'b')]}", "'q' names 'b', which"),
        ("rows = dict(a=dict(config=''))\ntogether = {'q': []}", "'q' has no pairs; write"),
    ],
)
def test_a_wrong_study_is_one_sentence(folders, tmp_path, text, words):
    file = tmp_path / 'wrong.py'
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        study.main([str(file), *folders])


def test_an_override_that_does_not_fit_is_one_sentence(path, folders):
    file = Path(path)
    file.write_text(file.read_text().replace("'train_cfg.max_epochs'", "'train_cfg.max_epochs.x'"))
    with pytest.raises(
        InputError, match='overrides train_cfg.max_epochs.x .*: this does not fit the config, .*; c'
    ):
        study.main([path, *folders])


def test_wrong_paths_are_one_sentence(path, folders, tmp_path, monkeypatch):
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
