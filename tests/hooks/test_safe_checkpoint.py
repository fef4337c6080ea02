"""What SafeCheckpointHook keeps, deletes and refuses; tests/reliability/ kills it in its saves."""

import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook, Hook
from reliability.training import SAFE, Child, Net, equal, resumable, train, weights

from ic_backbones.errors import InputError
from ic_backbones.hooks.deferred_signals import deferred_signals

EMA = dict(type='EMAHook', momentum=0.1)


def files(work_dir: Path) -> list[str]:
    return sorted(
        path.name for path in work_dir.iterdir() if path.is_file() and path.suffix != '.py'
    )


class Break(Hook):
    """Makes a tensor of the model infinite in the second epoch."""

    def __init__(self, name: str) -> None:
        self.name = name

    def after_train_epoch(self, runner) -> None:
        if runner.epoch == 1:
            runner.model.state_dict(keep_vars=True)[self.name].data.fill_(torch.inf)


@pytest.mark.parametrize('hooks', [(), (EMA,)])
def test_what_is_kept_is_what_mmengine_keeps(tmp_path, hooks):
    train(tmp_path / 'safe', hooks=hooks)
    train(tmp_path / 'mmengine', hooks=hooks, hook='CheckpointHook')
    assert files(tmp_path / 'safe') == files(tmp_path / 'mmengine')
    assert files(tmp_path / 'safe') == [
        'best_accuracy_epoch_4.pth',
        'epoch_4.pth',
        'last_checkpoint',
    ]
    assert equal(weights(tmp_path / 'safe'), weights(tmp_path / 'mmengine'))
    best = torch.load(tmp_path / 'safe' / 'best_accuracy_epoch_4.pth', weights_only=False)
    saved = torch.load(tmp_path / 'safe' / 'epoch_4.pth', weights_only=False)
    assert equal(best['state_dict'], saved['state_dict'])
    info = saved['message_hub']['runtime_info']
    assert info['best_ckpt'] == str(tmp_path / 'safe' / 'best_accuracy_epoch_4.pth')


@pytest.mark.parametrize(
    ('checkpoint', 'expected'),
    [
        (dict(max_keep_ckpts=2, save_best=None), ['epoch_3.pth', 'epoch_4.pth']),
        (dict(max_keep_ckpts=-1, save_best=None), [f'epoch_{i}.pth' for i in (1, 2, 3, 4)]),
        (dict(interval=3, save_last=False, save_best=None), ['epoch_3.pth']),
        (dict(interval=3, save_last=True, save_best=None), ['epoch_4.pth']),
        (dict(by_epoch=False, interval=3, save_best=None), ['iter_8.pth']),
        (
            dict(by_epoch=False, interval=3, max_keep_ckpts=2, save_last=False, save_best=None),
            ['iter_3.pth', 'iter_6.pth'],
        ),
        (dict(filename_tmpl='at_{}.pth', save_best=None), ['at_4.pth']),
        (
            dict(save_best=['accuracy', 'auto_f1'], rule='greater'),
            ['best_accuracy_epoch_4.pth', 'best_auto_f1_epoch_1.pth', 'epoch_4.pth'],
        ),
    ],
)
def test_arguments(tmp_path, checkpoint, expected):
    train(tmp_path, checkpoint=checkpoint)
    assert files(tmp_path) == sorted([*expected, 'last_checkpoint'])
    last = expected[-1]
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / last)


def test_out_dir(tmp_path):
    train(tmp_path / 'run', checkpoint=dict(out_dir=str(tmp_path / 'files')))
    assert files(tmp_path / 'files' / 'run') == ['best_accuracy_epoch_4.pth', 'epoch_4.pth']
    note = (tmp_path / 'run' / 'last_checkpoint').read_text()
    assert note == str(tmp_path / 'files' / 'run' / 'epoch_4.pth')


def test_other_backends_write_in_their_own_way(tmp_path):
    @register_backend('test.own', force=True)
    class Own(LocalBackend):
        def put(self, obj, filepath):
            super().put(obj, f'{filepath}.own')

    train(tmp_path, checkpoint=dict(backend_args=dict(backend='test.own'), save_best=None))
    assert files(tmp_path) == [*(f'epoch_{i}.pth.own' for i in (1, 2, 3, 4)), 'last_checkpoint']


@pytest.mark.parametrize('name', ['head.weight', 'body.1.running_var'])
@pytest.mark.parametrize('hooks', [(), (EMA,)])
def test_a_model_that_is_not_finite_is_refused_before_anything_is_deleted(tmp_path, name, hooks):
    with pytest.raises(InputError) as caught:
        train(tmp_path, hooks=(*hooks, Break(name)))
    message = str(caught.value)
    assert f'iteration 4: the model is not finite ({name});' in message
    assert message.endswith(f'the last checkpoint, {tmp_path}/epoch_1.pth, is sound')
    assert resumable(tmp_path) == (f'{tmp_path}/epoch_1.pth', 1)
    assert files(tmp_path) == ['best_accuracy_epoch_1.pth', 'epoch_1.pth', 'last_checkpoint']


def test_the_guard_of_the_loss_speaks_before_anything_is_deleted_too(tmp_path):
    guard = dict(type='ic_backbones.StopOnNonFiniteLossHook')
    with pytest.raises(InputError, match=r'iteration 4: the model is not finite \(head.weight\);'):
        train(tmp_path, hooks=(guard, Break('head.weight')))
    assert resumable(tmp_path) == (f'{tmp_path}/epoch_1.pth', 1)


def test_buffers_that_are_infinite_by_design(tmp_path):
    model = Net(ballast=3)
    model.ballast.fill_(-torch.inf)
    train(tmp_path, model=model, hooks=(EMA,))
    assert 'epoch_4.pth' in files(tmp_path)


def test_a_start_removes_what_a_killed_save_left(tmp_path):
    left = ['epoch_7.pth.tmp', 'best_accuracy_epoch_7.pth.tmp', 'last_checkpoint.tmp']
    for name in (*left, 'notes.tmp', 'mine.pth.tmp'):
        (tmp_path / name).touch()
    train(tmp_path, epochs=1)
    assert not set(left) & set(files(tmp_path))
    assert {'notes.tmp', 'mine.pth.tmp'} < set(files(tmp_path))


def test_a_copied_work_dir_leaves_the_original_alone(tmp_path):
    original, copy = tmp_path / 'original', tmp_path / 'copy'
    train(original, epochs=2)
    before = files(original)
    shutil.copytree(original, copy)
    train(copy, resume=str(copy / 'epoch_2.pth'))
    assert files(original) == before
    assert files(copy) == ['best_accuracy_epoch_4.pth', 'epoch_4.pth', 'last_checkpoint']


def test_mmengine_goes_on_from_our_files_and_we_from_its(tmp_path):
    train(tmp_path / 'whole')
    for first, second in (('CheckpointHook', SAFE), (SAFE, 'CheckpointHook')):
        work_dir = tmp_path / first
        train(work_dir, epochs=2, hook=first)
        train(work_dir, hook=second, resume=str(work_dir / 'epoch_2.pth'))
        assert files(work_dir) == files(tmp_path / 'whole')
        assert equal(weights(work_dir), weights(tmp_path / 'whole'))


def test_an_error_that_is_not_the_disks_passes(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError('a programming error')

    monkeypatch.setattr(CheckpointHook, '_save_best_checkpoint', fail)
    with pytest.raises(RuntimeError, match='a programming error'):
        train(tmp_path)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_wait_for_the_end_of_the_outermost_block(tmp_path, number):
    done = tmp_path / 'done'

    def work(report) -> None:
        with deferred_signals('wait'):
            with deferred_signals('wait'):
                os.kill(os.getpid(), number)
                report(1)
            report(2)
        done.touch()

    code, last = Child(work, tmp_path / 'log').wait()
    assert last == 2 and not done.exists()
    assert code == (130 if number == signal.SIGINT else -signal.SIGTERM)
    assert (tmp_path / 'log').read_text().strip() == 'wait'
