"""A checkpoint that cannot be written ends the training with a sentence; the previous one stays."""

import contextlib
import gc
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from training import Child, resumable, train

NOBODY = 65534


class Fault(Hook):
    """Does something to the machine in the second epoch, before the checkpoint is saved."""

    def __init__(self, fault: Callable[[], object]) -> None:
        self.fault = fault

    def after_train_epoch(self, runner) -> None:
        if runner.epoch == 1:
            self.fault()


def fail(
    work_dir: Path, fault: Callable[[], object], saves: tuple[int, ...] = (1,), **settings
) -> str:
    """The last line that a training prints whose second save meets the fault."""
    log = work_dir.with_suffix('.log')
    child = Child(
        lambda report: train(work_dir, hooks=(Fault(fault),), report=report, **settings), log
    )
    code, saved = child.wait()
    assert code == 1 and saved in saves, log.read_text()
    return log.read_text().splitlines()[-1]


def full_disk(work_dir: Path) -> None:
    """A device that takes no byte, in the place of the temporary file."""
    (work_dir / 'epoch_2.pth.tmp').symlink_to('/dev/full')


def short_files(work_dir: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))


def read_only_folder(work_dir: Path) -> None:
    work_dir.chmod(0o500)
    if os.getuid() == 0:  # whom no permission stops
        os.chown(work_dir, NOBODY, NOBODY)
        for folder in work_dir.parents:  # pytest's own are closed to other users
            folder.chmod(folder.stat().st_mode | 0o055)
        os.setuid(NOBODY)


@pytest.mark.parametrize(
    ('fault', 'reason'),
    [
        (full_disk, 'No space left on device); free some space'),
        (short_files, 'File too large); raise the limit of file sizes (ulimit -f)'),
        (read_only_folder, 'Permission denied); make the folder writable'),
    ],
)
def test_the_previous_checkpoint_stays(tmp_path, fault, reason):
    work_dir = tmp_path / 'run'
    modes = {folder: folder.stat().st_mode & 0o7777 for folder in work_dir.parents}
    error = fail(work_dir, lambda: fault(work_dir), ballast=20_000)
    work_dir.chmod(0o700)
    for folder, mode in modes.items():
        if folder.stat().st_mode & 0o7777 != mode:  # read_only_folder opens them
            folder.chmod(mode)
    assert error == (
        f'ic_backbones.errors.InputError: {work_dir}: the checkpoint cannot be saved ({reason}; '
        f'the last checkpoint, {work_dir}/epoch_1.pth, is sound'
    )
    assert resumable(work_dir) == (f'{work_dir}/epoch_1.pth', 1)
    assert not list(work_dir.glob('*.tmp'))


def test_a_removed_work_dir(tmp_path):
    work_dir = tmp_path / 'run'
    error = fail(work_dir, lambda: shutil.rmtree(work_dir))
    assert 'No such file or directory); leave the work dir of a running training' in error
    assert error.endswith('there is no checkpoint') and not work_dir.exists()


def test_no_memory(tmp_path):
    """As much as the file takes is not there, when PyTorch writes it into memory first.

    What the training has freed may be enough for the epoch's file and not for the best one.
    """

    def little_memory() -> None:
        gc.collect()
        used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 10_000_000, used + 10_000_000))
        with contextlib.suppress(MemoryError):  # what was freed before would hold the file
            while True:
                taken.append(bytearray(4_000_000))
        del taken[-2:]

    taken: list[bytearray] = []
    error = fail(tmp_path / 'run', little_memory, saves=(1, 2), ballast=10_000_000)
    assert 'the checkpoint cannot be saved (not enough memory); free some memory' in error
    file, epoch = resumable(tmp_path / 'run')
    assert epoch in (1, 2) and file.endswith(f'epoch_{epoch}.pth')
    assert not list((tmp_path / 'run').glob('*.tmp'))


def test_a_failing_best_checkpoint(tmp_path):
    """The first save of the second epoch succeeds, the best one after its validation does not."""
    work_dir = tmp_path / 'run'
    log = tmp_path / 'log'

    def full() -> None:
        (work_dir / 'best_accuracy_epoch_2.pth.tmp').symlink_to('/dev/full')

    child = Child(lambda report: train(work_dir, hooks=(Fault(full),), report=report), log)
    assert child.wait() == (1, 2)
    assert log.read_text().splitlines()[-1].endswith(f'{work_dir}/epoch_2.pth, is sound')
    assert torch.load(work_dir / 'best_accuracy_epoch_1.pth', weights_only=False)['state_dict']
    assert resumable(work_dir)[1] == 2
