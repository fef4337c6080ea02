"""Ctrl-C and --resume: the training ends with a sentence and goes on as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from ic_backbones.runs.scalars import read_scalars
from ic_backbones.runs.work_dir import last_checkpoint

TRAIN = Path(__file__).parents[2] / 'tools' / 'train.py'
OPTIONS = (
    'optim_wrapper.optimizer.lr=0.1',
    'optim_wrapper.optimizer.momentum=0.9',
    'randomness.seed=0',
)


def interrupt_after_a_checkpoint(command: list[str], work_dir: Path) -> tuple[int, str]:
    """Start a training, press Ctrl-C after its first checkpoint; its code and its stderr."""
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
        f'stopped ({saved}); go on with: python tools/train.py'
    )
    assert error.splitlines()[-1].endswith('--resume')

    epoch = int(Path(saved).stem.removeprefix('epoch_'))
    more = [f'train_cfg.max_epochs={epoch + 1}']
    assert tool('train').main([*argv, *more, '--resume']) == 0
    capsys.readouterr()
    starts = sorted(work_dir.glob('*/vis_data/scalars.json'))
    assert len(starts) == 2
    first_of_the_second = starts[1].read_text().splitlines()[0]
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
