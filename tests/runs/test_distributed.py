"""Two processes on the CPU use every parameter and keep the same weights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from mmengine.model import MMDistributedDataParallel

from ic_backbones.registry import MODELS

DIST_TRAIN = Path(__file__).parents[2] / 'tools' / 'dist_train.sh'

NARROW = dict(type='ICResNet', depth=18, stem_channels=4, base_channels=4)
BACKBONES = [
    dict(NARROW, out_indices=(0,)),
    dict(NARROW, out_indices=(1, 3)),
    dict(NARROW, out_indices=(0, 1, 2, 3), alpha=0.0, alpha_mode='learned'),
    dict(NARROW, out_indices=(2,), variant='minus'),
    dict(NARROW, type='SCResNet', out_indices=(0, 2)),
    dict(type='SfNet', depth=11, base_channels=4, smear_channels=2, out_indices=(1, 3)),
]


def in_one_of_two_processes(rank: int, folder: str) -> None:
    dist.init_process_group('gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    torch.set_num_threads(1)
    torch.save([three_steps(rank, options) for options in BACKBONES], f'{folder}/{rank}.pth')
    # Taking a gloo group down can hang on Python's lock, whatever the training did.
    os._exit(0)


def three_steps(rank: int, options: dict) -> dict[str, torch.Tensor]:
    """DDP itself raises in the next forward pass where a parameter was left unused."""
    torch.manual_seed(0)
    backbone = MODELS.build(options)
    before = [parameter.clone() for parameter in backbone.parameters()]
    model = MMDistributedDataParallel(backbone, find_unused_parameters=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.manual_seed(1 + rank)
    for _ in range(3):
        outputs = model(torch.randn(2, 3, 64, 64))
        optimizer.zero_grad()
        sum((output - 1).square().mean() for output in outputs).backward()
        assert all(parameter.grad is not None for parameter in backbone.parameters())
        optimizer.step()
    for (name, parameter), start in zip(backbone.named_parameters(), before, strict=True):
        assert not torch.equal(parameter, start), (options, name)
    return {name: parameter.detach() for name, parameter in backbone.named_parameters()}


def test_no_unused_parameters(tmp_path):
    torch.multiprocessing.spawn(in_one_of_two_processes, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f'{rank}.pth') for rank in (0, 1))
    for options, mine, other in zip(BACKBONES, first, second, strict=True):
        assert mine.keys() == other.keys()
        for name in mine:
            assert torch.equal(mine[name], other[name]), (options, name)


@pytest.mark.skipif(torch.cuda.is_available(), reason='with a GPU dist_train.sh needs two of them')
def test_dist_train(classifier_config, tmp_path):
    """Eight images in batches of four on two processes are one step per epoch, three in all."""
    options = ['--work-dir', str(tmp_path), '--cfg-options', 'train_cfg.max_epochs=3']
    done = subprocess.run(
        [str(DIST_TRAIN), classifier_config, '2', *options],
        env={**os.environ, 'PYTHON': sys.executable, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    saved = torch.load(tmp_path / 'epoch_3.pth', weights_only=False)
    assert saved['meta']['iter'] == 3


@pytest.mark.parametrize('arguments', [[], ['config.py'], ['config.py', 'two']])
def test_dist_train_says_what_it_needs(arguments):
    done = subprocess.run([str(DIST_TRAIN), *arguments], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith('error: usage: ') and 'CONFIG GPUS' in done.stderr
