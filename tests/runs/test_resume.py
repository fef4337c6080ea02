"""After Ctrl-C, --resume continues a training as if it had not been interrupted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.runner import EpochBasedTrainLoop, Runner, ValLoop

from ic_backbones.errors import InputError
from ic_backbones.runs.resumed_validation import lacks_validation, validations_until
from ic_backbones.runs.scalars import read_scalars
from ic_backbones.runs.work_dir import last_checkpoint

TRAIN = Path(__file__).parents[2] / 'tools' / 'train.py'
OPTIONS = (
    'optim_wrapper.optimizer.lr=0.1',
    'optim_wrapper.optimizer.momentum=0.9',
    'randomness.seed=0',
)


def interrupt_after_a_checkpoint(command: list[str], work_dir: Path) -> tuple[int, str]:
    """Start a training and press Ctrl-C after its first checkpoint; return its code and stderr."""
    deadline = time.monotonic() + 300  # generous, for a loaded machine
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the data loader's workers as well
        # A shell's background job ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while last_checkpoint(work_dir) is None and process.poll() is None:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, error = process.communicate(timeout=max(deadline - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, error = process.communicate()
            error = f'killed after 300 s: {error}'
    return process.returncode, error


def test_interrupted_and_resumed_training_equals_one_in_a_piece(
    classifier_config, tool, tmp_path, capsys
):
    work_dir = tmp_path / 'interrupted'
    argv = [classifier_config, '--work-dir', str(work_dir), '--cfg-options', *OPTIONS]
    # Python loses a Ctrl-C that falls into a fork: the worker stays from the first epoch on.
    worker = ['train_dataloader.num_workers=1', 'train_dataloader.persistent_workers=True']
    many = ['train_cfg.max_epochs=10000', *worker]
    code, error = interrupt_after_a_checkpoint([sys.executable, str(TRAIN), *argv, *many], work_dir)
    assert code == 130, error
    assert 'Traceback' not in error
    saved = last_checkpoint(work_dir)
    assert error.splitlines()[-1].startswith(
        f'stopped ({saved}); continue with: python tools/train.py'
    )
    assert error.splitlines()[-1].endswith('--resume')

    epoch = int(Path(saved).stem.removeprefix('epoch_'))
    more = [f'train_cfg.max_epochs={epoch + 1}']
    assert tool('train').main([*argv, *more, '--resume']) == 0
    capsys.readouterr()
    starts = sorted(work_dir.glob('*/vis_data/scalars.json'))
    assert len(starts) == 2
    first_of_the_second = next(
        line for line in starts[1].read_text().splitlines() if '"epoch"' in line
    )
    assert f'"epoch": {epoch + 1}, "iter": {2 * epoch + 1},' in first_of_the_second
    assert [row['iter'] for row in read_scalars(work_dir).train] == list(
        range(1, 2 * (epoch + 1) + 1)
    )

    whole = tmp_path / 'whole'
    tool('train').main(
        [classifier_config, '--work-dir', str(whole), '--cfg-options', *OPTIONS, *more]
    )
    resumed, straight = (
        torch.load(folder / f'epoch_{epoch + 1}.pth', weights_only=False)['state_dict']
        for folder in (work_dir, whole)
    )
    start = torch.load(work_dir / f'epoch_{epoch}.pth', weights_only=False)['state_dict']
    step = (resumed['head.fc.weight'] - start['head.fc.weight']).abs().max()
    assert step > 1e-3  # what the tolerance below would not hide
    for name, value in straight.items():
        torch.testing.assert_close(resumed[name], value, rtol=1e-4, atol=1e-6, msg=name)


@pytest.fixture
def accuracies(monkeypatch):
    """Let the validations of a training find these accuracies, one for each epoch."""
    run = ValLoop.run

    def patch(*values: float) -> None:
        def validate(loop: ValLoop) -> dict:
            value = values[loop.runner.epoch - 1]
            monkeypatch.setattr(Evaluator, 'evaluate', lambda *_: {'accuracy/top1': value})
            return run(loop)

        monkeypatch.setattr(ValLoop, 'run', validate)

    return patch


@pytest.fixture
def three_epochs(classifier_config, tool, monkeypatch, accuracies):
    """Train three epochs with an accuracy of 10, 90 and 50, or until a method is called again.

    The fixture is a function of the work dir, options of the tool, and ``stop``: the class, the
    method and the call at which Ctrl-C comes. It returns the exit code.
    """
    more = ['train_cfg.max_epochs=3', 'default_hooks.checkpoint.save_best=auto']
    accuracies(10, 90, 50)

    def train(work_dir: Path, *options: str, stop: tuple | None = None) -> int:
        argv = [classifier_config, '--work-dir', str(work_dir), *options]
        with monkeypatch.context() as patch:
            if stop is not None:
                cls, name, last = stop
                method, calls = getattr(cls, name), []

                def interrupted(*args):
                    calls.append(args)
                    if len(calls) == last:
                        raise KeyboardInterrupt
                    return method(*args)

                patch.setattr(cls, name, interrupted)
            return tool('train').main([*argv, '--cfg-options', *OPTIONS, *more])

    return train


def found(work_dir: Path) -> tuple[list, list]:
    """The accuracy of each validated epoch, and the checkpoints."""
    steps = [(row['step'], row['accuracy/top1']) for row in read_scalars(work_dir).val]
    return steps, sorted(file.name for file in work_dir.glob('*.pth'))


VALIDATION, TRAINING = (ValLoop, 'run'), (EpochBasedTrainLoop, 'run_epoch')


@pytest.mark.parametrize(
    'stops',
    [
        [(*VALIDATION, 1)],
        [(*VALIDATION, 3)],
        [(*VALIDATION, 2), (*VALIDATION, 1)],  # twice in the same one
        [(*VALIDATION, 2), (*TRAINING, 1)],  # made up for, but no checkpoint follows
    ],
)
def test_an_interrupted_validation_is_made_up_for(three_epochs, tmp_path, capsys, stops):
    """Metrics and best checkpoint are those of a training in a piece, also after the last epoch."""
    whole, work_dir = tmp_path / 'whole', tmp_path / 'interrupted'
    assert three_epochs(whole) == 0
    assert found(whole)[0] == [(1, 10), (2, 90), (3, 50)]
    for number, stop in enumerate(stops):
        assert three_epochs(work_dir, *['--resume'] * bool(number), stop=stop) == 130
    assert three_epochs(work_dir, '--resume') == 0
    assert 'the best checkpoint, for predict' in capsys.readouterr().out
    assert found(work_dir) == found(whole)
    assert three_epochs(work_dir, '--resume') == 0
    assert 'nothing left to train; set a higher --epochs' in capsys.readouterr().out


@pytest.mark.parametrize('save_best', ['auto', 'None'])
@pytest.mark.parametrize('values', [(10, 90, 50, 40, 30), (10, 9, 8, 7, 6), (10, 20, 5, 40, 3)])
def test_a_plateau_survives_a_resume(
    classifier_config, tool, tmp_path, accuracies, values, save_best
):
    """The validation after the checkpoint counts once, whether or not it was the best."""
    accuracies(*values)
    config = tmp_path / 'plateau.py'
    config.write_text(
        f'_base_ = {classifier_config!r}\n'
        "param_scheduler = dict(type='ReduceOnPlateauLR', rule='greater', "
        "monitor='accuracy/top1', patience=0)\n"
    )

    def train(work_dir: Path, epochs: int, *options: str) -> None:
        more = f'train_cfg.max_epochs={epochs}', f'default_hooks.checkpoint.save_best={save_best}'
        argv = [str(config), '--work-dir', str(work_dir), *options, '--cfg-options', *OPTIONS]
        assert tool('train').main([*argv, *more]) == 0

    def rates(work_dir: Path) -> list[float]:
        return [row['lr'] for row in read_scalars(work_dir).train]

    train(tmp_path / 'whole', 5)
    for epochs in (2, 3, 4, 5):
        train(tmp_path / 'parts', epochs, *['--resume'] * (epochs > 2))
    assert rates(tmp_path / 'parts') == pytest.approx(rates(tmp_path / 'whole'))
    assert min(rates(tmp_path / 'whole')) < 0.2 * max(rates(tmp_path / 'whole'))


def test_epochs_of_another_length_follow_the_schedule(classifier_config, tool, tmp_path, capsys):
    """As with photographs that were added: half of the batch size gives twice the iterations."""
    config = tmp_path / 'cosine.py'
    config.write_text(
        f'_base_ = {classifier_config!r}\n'
        "param_scheduler = dict(type='CosineAnnealingLR', T_max=4, convert_to_iter_based=True)\n"
        'default_hooks = dict(logger=dict(interval=1))\n'
    )

    def train(work_dir: Path, epochs: int, batch_size: int, *options: str) -> None:
        more = f'train_cfg.max_epochs={epochs}', f'train_dataloader.batch_size={batch_size}'
        argv = [str(config), '--work-dir', str(work_dir), *options, '--cfg-options', *OPTIONS]
        assert tool('train').main([*argv, *more]) == 0

    train(tmp_path / 'whole', 4, 2)
    train(tmp_path / 'parts', 4, 4)
    (tmp_path / 'parts/epoch_4.pth').unlink()
    capsys.readouterr()
    train(tmp_path / 'parts', 4, 2, '--resume', str(tmp_path / 'parts/epoch_2.pth'))
    whole, parts = (
        [row['lr'] for row in read_scalars(tmp_path / name).train if row['epoch'] > 2]
        for name in ('whole', 'parts')
    )
    assert parts == pytest.approx(whole) and len(parts) == 8


def test_early_stopping_counts_the_epochs_before_a_resume(
    classifier_config, tool, tmp_path, accuracies
):
    """After 90, 50 and 40, a patience of 2 ends the training after its third epoch."""
    accuracies(90, 50, 40, 30)
    config = tmp_path / 'patient.py'
    config.write_text(
        f'_base_ = {classifier_config!r}\n'
        "custom_hooks = [dict(type='EarlyStoppingHook', monitor='accuracy/top1', patience=2)]\n"
    )
    for epochs in (2, 4):
        argv = [str(config), '--work-dir', str(tmp_path / 'work'), *['--resume'] * (epochs > 2)]
        options = *OPTIONS, f'train_cfg.max_epochs={epochs}'
        assert tool('train').main([*argv, '--cfg-options', *options]) == 0
    assert [row['step'] for row in read_scalars(tmp_path / 'work').val] == [1, 2, 3]


def test_a_run_next_to_its_config_leaves_the_file_as_it_is(classifier_config, tool, tmp_path):
    config = tmp_path / 'own.py'
    config.write_text(f'# by hand\n_base_ = {classifier_config!r}\n')
    written = config.read_text()
    assert tool('train').main([str(config), '--work-dir', str(tmp_path)]) == 0
    argv = [str(config), str(tmp_path / 'epoch_1.pth'), '--work-dir', f'{tmp_path}/']
    assert not tool('test').main(argv)
    assert config.read_text() == written
    assert 'train_cfg' in (tmp_path / 'own.whole.py').read_text()


def test_a_finished_run_from_elsewhere_is_not_validated(three_epochs, tmp_path, capsys):
    assert three_epochs(tmp_path / 'first') == 0
    capsys.readouterr()
    last = str(tmp_path / 'first/epoch_3.pth')
    assert three_epochs(tmp_path / 'second', '--resume', last) == 0
    assert 'nothing left to train' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('options', 'lacks'),
    [
        ({}, True),
        ({'val_cfg': None}, False),
        ({'train_cfg.val_begin': 4}, False),
        ({'default_hooks.logger.log_metric_by_epoch': False}, False),
        ({'work_dir': 'without_a_log'}, False),
    ],
)
def test_what_is_not_known_is_not_missing(two_epochs, classifier_config, options, lacks):
    cfg = Config.fromfile(classifier_config)
    cfg.work_dir = str(two_epochs)
    cfg.merge_from_dict(options)
    for done, missing in ((2, False), (3, lacks)):
        assert lacks_validation(cfg, validations_until(cfg, 'epoch', done), done) == missing


def test_last_checkpoint_of_a_moved_work_dir(tmp_path):
    assert last_checkpoint(tmp_path) is None
    (tmp_path / 'last_checkpoint').write_text('/gone/work_dir/epoch_3.pth')
    assert last_checkpoint(tmp_path) is None
    (tmp_path / 'epoch_3.pth').touch()
    assert last_checkpoint(tmp_path) == str(tmp_path / 'epoch_3.pth')


def test_last_checkpoint_of_a_copied_work_dir(tmp_path):
    original, copy = tmp_path / 'original', tmp_path / 'copy'
    for folder in (original, copy):
        folder.mkdir()
        (folder / 'epoch_3.pth').touch()
        (folder / 'last_checkpoint').write_text(str(original / 'epoch_3.pth'))
    assert last_checkpoint(copy) == str(copy / 'epoch_3.pth')
    (copy / 'epoch_3.pth').unlink()  # a CheckpointHook with an out_dir saves elsewhere
    assert last_checkpoint(copy) == str(original / 'epoch_3.pth')


@pytest.fixture(scope='module')
def two_epochs(classifier_config, tool, tmp_path_factory) -> Path:
    """The work dir of a training of two epochs, to be copied."""
    work_dir = tmp_path_factory.mktemp('two_epochs')
    argv = [classifier_config, '--work-dir', str(work_dir)]
    assert tool('train').main([*argv, '--cfg-options', 'train_cfg.max_epochs=2']) == 0
    return work_dir


@pytest.fixture
def resume(two_epochs, classifier_config, tool, tmp_path, capsys):
    """Resume in a copy of that work dir that ``harm`` has damaged; return what is printed."""
    work_dir = tmp_path / 'work'
    shutil.copytree(two_epochs, work_dir)
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_2.pth'))

    def run(harm, *options, epochs=3) -> str:
        harm(work_dir)
        argv = [classifier_config, '--work-dir', str(work_dir), *(options or ['--resume'])]
        assert tool('train').main([*argv, '--cfg-options', f'train_cfg.max_epochs={epochs}']) == 0
        return capsys.readouterr().out

    return run


def folder_as_note(work_dir):
    (work_dir / 'last_checkpoint').unlink()
    (work_dir / 'last_checkpoint').mkdir()


def cut(file):
    file.write_bytes(file.read_bytes()[:5000])


def fifo_as_note(work_dir):
    (work_dir / 'last_checkpoint').unlink()
    os.mkfifo(work_dir / 'last_checkpoint')


@pytest.mark.parametrize(
    'harm, words, epoch',
    [
        (lambda w: (w / 'last_checkpoint').unlink(), 'names no file', 2),
        (lambda w: (w / 'last_checkpoint').write_text(''), 'names no file', 2),
        (lambda w: (w / 'last_checkpoint').write_bytes(b'\xff\0' * 3000), 'names no file', 2),
        (folder_as_note, 'names no file', 2),
        (fifo_as_note, 'names no file', 2),
        (lambda w: (w / 'epoch_2.pth').unlink(), 'names no file', 1),
        (lambda w: cut(w / 'epoch_2.pth'), 'epoch_2.pth: cannot be read', 1),
        (lambda w: torch.save({'a': torch.ones(1)}, w / 'epoch_2.pth'), 'not hold optimizer', 1),
    ],
)
def test_goes_on_from_the_newest_whole_checkpoint(resume, tmp_path, harm, words, epoch):
    said = next(line for line in resume(harm).splitlines() if line.startswith('--resume: '))
    assert words in said and said.endswith(f'continues from {tmp_path}/work/epoch_{epoch}.pth')
    assert last_checkpoint(tmp_path / 'work') == str(tmp_path / 'work/epoch_3.pth')
    assert [row['iter'] for row in read_scalars(tmp_path / 'work').train] == [1, 2, 3, 4, 5, 6]


def test_a_run_without_a_whole_checkpoint_does_not_start_over(resume, tmp_path):
    def harm(work_dir):
        for file in work_dir.glob('*.pth'):
            cut(file)

    with pytest.raises(InputError, match='holds a training but no checkpoint to continue from'):
        resume(harm)
    assert len(list((tmp_path / 'work').glob('*/vis_data'))) == 1


def test_a_work_dir_without_a_run_starts_from_the_beginning(resume):
    assert 'so the training starts from the beginning' in resume(shutil.rmtree, epochs=1)


@pytest.mark.parametrize('epochs', [1, 2])
def test_nothing_left_to_train_is_said(resume, tmp_path, epochs):
    said = resume(lambda work_dir: None, epochs=epochs)
    assert f'epoch_2.pth has done 2 of {epochs} epochs, so there is nothing left' in said
    assert len(list((tmp_path / 'work').glob('*/vis_data'))) == 1


def test_a_new_training_does_not_overwrite_another(resume, tmp_path):
    with pytest.raises(InputError, match='holds the checkpoints of a training; continue it with'):
        resume(lambda work_dir: None, '--launcher=none')
    before = (tmp_path / 'work/epoch_2.pth').read_bytes()
    said = resume(lambda work_dir: None, '--overwrite', epochs=1)
    (aside,) = (tmp_path / 'work').glob('overwritten_*')
    assert f'the earlier checkpoints are now in {aside}' in said
    assert (aside / 'epoch_2.pth').read_bytes() == before
    assert sorted(path.name for path in (tmp_path / 'work').glob('*.pth')) == ['epoch_1.pth']


@pytest.mark.parametrize(
    ('stop', 'last', 'options'),
    [
        ((Runner, 'load_or_resume', 1), 'no checkpoint yet', ['--overwrite']),
        ((*TRAINING, 1), 'no checkpoint yet', []),
        ((*TRAINING, 2), '{work_dir}/epoch_1.pth', ['--resume']),
    ],
)
def test_ctrl_c_before_and_after_an_overwrite(three_epochs, tmp_path, capsys, stop, last, options):
    """The checkpoint of the training that it replaces is not one to continue from."""
    assert three_epochs(tmp_path) == 0
    capsys.readouterr()
    assert three_epochs(tmp_path, '--overwrite', stop=stop) == 130
    state, command = capsys.readouterr().err.strip().split('; continue with: ')
    assert state == f'stopped ({last.format(work_dir=tmp_path)})'
    assert [word for word in command.split() if word in ('--overwrite', '--resume')] == options


def test_checkpoints_in_another_folder_are_not_overwritten(resume, tmp_path):
    elsewhere = f'{tmp_path}/elsewhere'
    options = ['--overwrite', '--cfg-options', f'default_hooks.checkpoint.out_dir={elsewhere}']
    with pytest.raises(InputError, match=f'whose checkpoints lie in {elsewhere}; continue it'):
        resume(lambda work_dir: None, *options)
    for value in ('default_hooks.checkpoint.out_dir=None', 'default_hooks.checkpoint=None'):
        assert 'are now in' in resume(lambda work_dir: None, *options[:2], value, epochs=1)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (['--resume='], 'the name of the checkpoint is empty'),
        (['--resume', '--overwrite'], '--overwrite would put aside the checkpoint to continue'),
    ],
)
def test_what_resume_cannot_mean(resume, options, words):
    with pytest.raises(InputError, match=words):
        resume(lambda work_dir: None, *options)


def test_one_training_at_a_time(resume, tmp_path):
    """Another process holds the lock; when it is killed the lock is free."""
    code = (
        'import fcntl, time; file = open("work/.lock", "w"); fcntl.lockf(file, fcntl.LOCK_EX); '
        'file.write("process 1 on here"); file.flush(); print(flush=True); time.sleep(600)'
    )
    with subprocess.Popen(
        [sys.executable, '-c', code], cwd=tmp_path, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with pytest.raises(
            InputError, match='another training is running here .process 1 on here.; w'
        ):
            resume(lambda work_dir: None)
        other.kill()
    assert last_checkpoint(tmp_path / 'work').endswith('epoch_2.pth')
    resume(lambda work_dir: None)
    assert last_checkpoint(tmp_path / 'work').endswith('epoch_3.pth')


@pytest.mark.parametrize(
    'option, words',
    [
        ('model.head.num_classes=3', 'head.fc.weight, head.fc.bias.; set the config of that tr'),
        ('model.backbone.alpha_mode=learned', r'conv1.alpha, .*; set the config of that training'),
        ('optim_wrapper.optimizer.type=Adam', 'its optimizer has no .*betas.* it is not Adam, whi'),
        ('optim_wrapper.paramwise_cfg.bias_lr_mult=2.0', 'its optimizer groups the parameters oth'),
    ],
)
def test_another_config_does_not_continue_a_training(resume, option, words):
    with pytest.raises(InputError, match=words):
        resume(lambda work_dir: None, '--resume', '--cfg-options', option)


def test_the_settings_of_the_checkpoint_are_named(resume):
    options = [f'optim_wrapper.optimizer.{key}=0.5' for key in ('lr', 'weight_decay')]
    said = resume(lambda work_dir: None, '--resume', '--cfg-options', *options)
    for words in (
        'learning rate is that of the checkpoint, 0.01',
        'weight decay is that of the ch',
    ):
        assert words in said
    assert said.count("and not the config's 0.5; to use that, start from the weights with") == 2


def test_a_checkpoint_from_elsewhere_overwrites_no_run(resume, two_epochs, tmp_path):
    options = ['--resume', str(two_epochs / 'epoch_1.pth')]
    with pytest.raises(InputError, match='holds the checkpoints of a training; continue it with'):
        resume(lambda work_dir: None, *options)
    resume(lambda work_dir: None, *options, '--overwrite', epochs=2)
    (aside,) = (tmp_path / 'work').glob('overwritten_*')
    assert {path.name for path in aside.iterdir()} >= {'epoch_1.pth', 'epoch_2.pth'}
    assert [path.name for path in (tmp_path / 'work').glob('*.pth')] == ['epoch_2.pth']
    resume(lambda work_dir: None, '--resume', str(tmp_path / 'work/epoch_2.pth'))  # its own
    assert last_checkpoint(tmp_path / 'work').endswith('work/epoch_3.pth')
