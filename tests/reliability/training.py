"""A training of a tiny network through mmengine's Runner, and processes that it can die in."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import Hook
from mmengine.logging import MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from ic_backbones.runs.work_dir import last_checkpoint

SAFE = 'ic_backbones.SafeCheckpointHook'
EPOCHS = 4


class Net(BaseModel):
    """A regression with dropout and BatchNorm, and some ballast that makes its file longer."""

    def __init__(self, ballast: int = 0) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
        self.head = nn.Linear(4, 1)
        self.register_buffer('ballast', torch.zeros(ballast))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        output = self.head(self.body(torch.stack(inputs)))
        return dict(loss=output.square().mean()) if mode == 'loss' else list(output)


class Rising(BaseMetric):
    """A metric that improves with every validation, so that each brings a new best checkpoint."""

    def process(self, data_batch, data_samples) -> None:
        self.results.append(0)

    def compute_metrics(self, results) -> dict:
        epoch = MessageHub.get_current_instance().get_info('epoch')
        return dict(accuracy=epoch + 1.0, auto_f1=1.0)


class Reporter(Hook):
    """Tells the parent process which epochs are saved: a byte each, after all other hooks."""

    priority = 'LOWEST'

    def __init__(self, report: Callable[[int], None]) -> None:
        self.report = report

    def after_train_epoch(self, runner: Runner) -> None:
        self.report(runner.epoch + 1)


def train(
    work_dir: Path,
    *,
    epochs: int = EPOCHS,
    hook: str = SAFE,
    hooks: tuple = (),
    resume: str | None = None,
    ballast: int = 0,
    report: Callable[[int], None] = lambda epoch: None,
    **settings,
) -> Runner:
    """Two iterations an epoch, then a validation that always brings a new best checkpoint."""
    torch.manual_seed(0)  # the network is made before the Runner, which seeds
    samples = [dict(inputs=torch.tensor([0.1 * i, 1 - 0.3 * i])) for i in range(8)]
    loader = dict(
        dataset=samples,
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_size=4,
        collate_fn=dict(type='pseudo_collate'),
    )
    checkpoint = dict(type=hook, interval=1, max_keep_ckpts=1, save_best='accuracy')
    checkpoint.update(settings.pop('checkpoint', {}))
    defaults = dict(
        model=Net(ballast),
        work_dir=str(work_dir),
        train_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        val_dataloader=loader,
        val_cfg=dict(),
        val_evaluator=Evaluator([Rising()]),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        default_hooks=dict(checkpoint=checkpoint, logger=None),
        custom_hooks=[dict(type='ic_backbones.SeedEpochHook'), *hooks, Reporter(report)],
        randomness=dict(seed=0),
        experiment_name=f'{work_dir}_{resume}',
        log_level='ERROR',
        load_from=resume,
        resume=resume is not None,
    )
    runner = Runner(**{**defaults, **settings})
    runner.train()
    return runner


def weights(work_dir: Path, epoch: int = EPOCHS) -> dict[str, torch.Tensor]:
    """All tensors of model, averaged model and momentum in an epoch's checkpoint."""
    saved = torch.load(work_dir / f'epoch_{epoch}.pth', weights_only=False)
    momentum = {
        f'momentum.{index}': state['momentum_buffer']
        for index, state in saved['optimizer']['state'].items()
    }
    return {**saved['state_dict'], **saved.get('ema_state_dict', {}), **momentum}


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of :func:`weights` agree in every bit."""
    return first.keys() == second.keys() and all(
        torch.equal(value, second[name]) for name, value in first.items()
    )


class Child:
    """A forked process that trains; everything is imported already, so it starts at once.

    Args:
        work: Called in the process with a function that reports a small number to the parent.
        log: The file that takes the output of the process.

    Attributes:
        pid: Identifier of the process.
    """

    def __init__(self, work: Callable[[Callable[[int], None]], object], log: Path) -> None:
        self._reports, end = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(end)
            return
        code = 1
        try:
            code = self._run(work, end, log)
        finally:  # whatever happens: the parent goes on with its tests, the child must not
            os._exit(code)

    def _run(self, work: Callable, end: int, log: Path) -> int:
        try:
            os.close(self._reports)
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(output, 1)
            os.dup2(output, 2)
            sys.stdout = sys.stderr = os.fdopen(output, 'w', buffering=1)  # pytest has its own
            signal.signal(signal.SIGINT, signal.default_int_handler)
            torch.set_num_threads(1)
            np.random.seed()  # from which mmengine draws a seed where none is given
            work(lambda number: os.write(end, bytes([number])))
        except KeyboardInterrupt:
            return 130
        except BaseException:
            traceback.print_exc()
            return 1
        return 0

    def next_report(self) -> int:
        """Wait for the next report; 0 where the process has ended."""
        return int.from_bytes(os.read(self._reports, 1), 'big')

    def wait(self) -> tuple[int, int]:
        """The exit code of the process (negative: the signal that killed it), its last report."""
        last = 0
        while report := self.next_report():
            last = report
        os.close(self._reports)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status), last


def resumable(work_dir: Path) -> tuple[str, int] | None:
    """The checkpoint to resume from and its epoch, or None where there is no sound one."""
    path = last_checkpoint(work_dir)
    try:
        saved = torch.load(path, weights_only=False)
        return path, saved['meta']['epoch'] if saved['optimizer']['state'] else 0
    except Exception:  # a truncated file raises whatever its remains make PyTorch raise
        return None
