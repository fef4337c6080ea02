"""Several processes end together, go on by themselves, and find each other from two nodes."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from ic_backbones.errors import InputError
from ic_backbones.runs import launcher
from ic_backbones.runs.options import load_config
from ic_backbones.runs.scalars import read_scalars
from ic_backbones.runs.work_dir import last_checkpoint
from ic_backbones_tools.train import main as train

ROOT = Path(__file__).parents[2]
TRAIN = str(ROOT / 'tools' / 'train.py')
WAIT = 240  # seconds, generous for a loaded machine

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='with a GPU each process needs one of its own'
)


def start(tmp_path: Path, options: list[str], config: str, *train: str) -> subprocess.Popen:
    """torchrun with tools/train.py, its output in a file next to the work dir."""
    command = [sys.executable, '-m', 'torch.distributed.run', *options, TRAIN, config]
    with (tmp_path / 'output.txt').open('a') as output:
        return subprocess.Popen(
            [*command, '--launcher', 'pytorch', '--work-dir', str(tmp_path / 'work'), *train],
            env={
                **os.environ,
                'OMP_NUM_THREADS': '1',
                'PYTHONPATH': f'{ROOT}:{tmp_path}',
                'TORCH_DISABLE_SHARE_RDZV_TCP_STORE': '1',
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


def wait_until(condition, process: subprocess.Popen) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.skipif(
    sys.platform != 'linux' or 'LONG_TESTS' not in os.environ,
    reason='reads /proc, and its three starts need both cores: LONG_TESTS=1 runs it',
)
def test_ranks_are_replaced_and_end_with_their_launcher(classifier_config, tmp_path):
    """A killed rank: torchrun starts both again and they resume. A killed torchrun: both end."""
    options = ['--standalone', '--nproc_per_node=2', '--max-restarts=5']
    long = ['--resume', 'auto', '--cfg-options', 'train_cfg.max_epochs=100000']
    process = start(tmp_path, options, classifier_config, *long)
    try:
        wait_until(lambda: last_checkpoint(tmp_path / 'work'), process)
        first = children(process.pid)
        assert len(first) == 2
        os.kill(first[1], signal.SIGKILL)
        starts = tmp_path / 'work'
        wait_until(lambda: len(list(starts.glob('*/vis_data/scalars.json'))) >= 2, process)
        second = children(process.pid)
        assert len(second) == 2 and not set(first) & set(second)
    finally:
        process.kill()
        process.wait()
    end = time.monotonic() + WAIT
    while any(map(is_training, first + second)):
        assert time.monotonic() < end, 'a rank trains on without its launcher'
        time.sleep(0.1)
    iterations = [row['iter'] for row in read_scalars(tmp_path / 'work').train]
    assert iterations == list(range(1, len(iterations) + 1))
    log = max((tmp_path / 'work').glob('*/vis_data/scalars.json')).read_text()
    assert int(re.search(r'"iter": (\d+)', log)[1]) > 1  # it went on


def is_training(pid: int) -> bool:
    try:
        return 'train.py' in Path(f'/proc/{pid}/cmdline').read_text()
    except OSError:
        return False


def test_two_nodes_train_together(classifier_config, tmp_path):
    """One process a node on the loopback address: half of the 8 images each, 1 step an epoch."""
    with socket.socket() as free:
        free.bind(('localhost', 0))
        port = free.getsockname()[1]
    options = ['--nnodes=2', '--nproc_per_node=1', '--rdzv-backend=c10d', '--rdzv-id=test']
    options += [f'--rdzv-endpoint=localhost:{port}', '--local-addr=localhost']
    nodes = [start(tmp_path, options, classifier_config) for _ in range(2)]
    assert [node.wait(WAIT) for node in nodes] == [0, 0], (tmp_path / 'output.txt').read_text()
    saved = torch.load(tmp_path / 'work/epoch_1.pth', weights_only=False)
    assert saved['meta']['iter'] == 1


FAULT = """
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from ic_backbones.errors import InputError


@HOOKS.register_module()
class FaultHook(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if get_rank() == 1:
            raise InputError('the data: this process has a fault; correct it')
"""


def test_the_error_of_one_process_comes_last(classifier_config, tmp_path):
    (tmp_path / 'fault.py').write_text(FAULT)
    config = tmp_path / 'faulty.py'
    config.write_text(
        f'_base_ = {classifier_config!r}\ncustom_imports = dict(imports=["fault"])\n'
        'custom_hooks = [dict(type="FaultHook")]\n'
    )
    process = start(tmp_path, ['--standalone', '--nproc_per_node=2'], str(config))
    assert process.wait(WAIT) == 1
    output = (tmp_path / 'output.txt').read_text().splitlines()
    assert 'error: the data: this process has a fault; correct it' in output
    assert output[-2].endswith(' : the data: this process has a fault; correct it')


@pytest.mark.parametrize('shares, restarts', [('True', '0'), ('False', '3'), ('True', '3')])
def test_restarts_need_a_store_of_their_own(shares, restarts, monkeypatch):
    monkeypatch.setenv('TORCHELASTIC_USE_AGENT_STORE', shares)
    monkeypatch.setenv('TORCHELASTIC_MAX_RESTARTS', restarts)
    monkeypatch.setattr(torch, '__version__', '2.5.0')
    if (shares, restarts) != ('True', '3'):
        return launcher._check_restarts()
    with pytest.raises(InputError, match='--max-restarts=3: .* after a restart; set TORCH'):
        launcher._check_restarts()
    monkeypatch.setattr(torch, '__version__', '2.4.1')
    launcher._check_restarts()


def test_the_time_limits_of_a_config(classifier_config, tmp_path, monkeypatch):
    """The processes' from dist_cfg; the data loaders' where they have workers."""
    groups = []
    monkeypatch.setattr(
        torch.distributed, 'init_process_group', lambda *args, **kwargs: groups.append(kwargs)
    )
    monkeypatch.setattr(launcher, '_end_with_the_launcher', lambda: None)
    for name in launcher.LAUNCHER_VARIABLES['pytorch']:
        monkeypatch.setenv(name, '0')
    monkeypatch.setenv('LOCAL_RANK', '0')

    def load(*options: str) -> Config:
        argv = [classifier_config, '--work-dir', str(tmp_path), '--launcher', 'pytorch']
        return load_config(train.parse([*argv, '--cfg-options', *options]))

    cfg = load('env_cfg.dist_cfg.timeout=90', 'val_dataloader.num_workers=1')
    assert groups[0]['timeout'].total_seconds() == 90
    assert cfg.val_dataloader.timeout == 600 and 'timeout' not in cfg.train_dataloader
    assert (
        load('val_dataloader.num_workers=1', 'val_dataloader.timeout=5').val_dataloader.timeout == 5
    )
    assert groups[1]['timeout'].total_seconds() == 30 * 60
    for seconds in ('0', '1e300'):
        with pytest.raises(InputError, match='dist_cfg.timeout: .* is not a number of seconds'):
            load(f'env_cfg.dist_cfg.timeout={seconds}')


@pytest.mark.parametrize('name', ['slurm', 'mpi'])
def test_without_a_gpu_only_pytorch_launches(classifier_config, tmp_path, monkeypatch, name):
    for variable in launcher.LAUNCHER_VARIABLES[name]:
        monkeypatch.setenv(variable, '0')
    argv = [classifier_config, '--work-dir', str(tmp_path), '--launcher', name]
    with pytest.raises(InputError, match=f'--launcher {name}: needs a GPU, .*; use tools/dist_tr'):
        load_config(train.parse(argv))
