"""Build the runner of a config and run it."""

import inspect
import logging
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from .._requirements import missing_sentence
from ..errors import BUILD_ERRORS, NO_ROOM, InputError, one_line
from .alphas import check_alphas
from .channels import check_channels
from .classes import check_classes, check_detector
from .work_dir import what_is_saved

# What a process reports when another one has ended, whose own message is the useful one.
PROCESS_LOST = r'\b(gloo|nccl|c10d)\b|connection (closed|reset)|timed out waiting'
LAUNCHERS_TURN = 5  # seconds in which the launcher ends the others


def check_data(cfg: Config, *loaders: str) -> None:
    """Check that the detection data of these loaders exists and is sound, if mmdet is installed."""
    if not missing_sentence('mmdet'):
        from ..doctor import check_quick

        check_quick(cfg, loaders)


def run(cfg: Config, source: str, work: Callable[[Runner], object]) -> None:
    """Build the config's runner and let it ``work``, which means to train or to test.

    Runner builds loops, data sets, optimizer and evaluators only then. An error that a wrong value
    in the config causes before the loop starts becomes one sentence, and so does a full disk at any
    time; another later error is not the config's fault and is raised as it is.

    Args:
        cfg: What :func:`~ic_backbones.runs.options.load_config` returned.
        source: The path of the config file.
        work: Called with the runner.

    Raises:
        InputError: The runner, or a part of it, cannot be built from the config, or a file cannot
            be written because the disk is full.
    """
    start = _Start()
    _spare_the_source(cfg)
    try:
        runner = RUNNERS.build(cfg)
        runner.logger.addFilter(_concerns_the_user)
        check_channels(runner.model, source)
        runner.register_hook(_CheckLoaded(source))
        runner.register_hook(start)
        work(runner)
    except InputError:
        raise
    except (*BUILD_ERRORS, ImportError) as error:
        sentence = _no_room(error, cfg.work_dir) or _waited_in_vain(error)
        if sentence is None and not start.reached:
            sentence = _wrong_value(error, source)
        if sentence is None:
            raise
        raise InputError(sentence) from error


def _spare_the_source(cfg: Config) -> None:
    """Let mmengine write the whole config beside the file that was read, not over it."""
    dump = Path(cfg.work_dir, Path(cfg.filename or '').name)
    if dump.is_file() and dump.samefile(cfg.filename):
        object.__setattr__(cfg, '_filename', str(dump.with_suffix('.whole.py')))


def _concerns_the_user(record: logging.LogRecord) -> bool:
    """Whether a record is anything but mmengine's note on a class that only mmengine uses."""
    return not re.match('"(FileClient|HardDiskBackend)" ', record.getMessage())


def _no_room(error: Exception, work_dir: str) -> str | None:
    """The sentence for a file without room, such as a log, or None for other errors."""
    if not isinstance(error, OSError) or error.errno not in NO_ROOM:
        return None
    return (
        f'{error.filename or work_dir}: cannot be written ({error.strerror}); '
        f'{NO_ROOM[error.errno]}; {what_is_saved(work_dir)}'
    )


def _wrong_value(error: Exception, source: str) -> str:
    """The sentence for an error that comes before the loop starts."""
    if isinstance(error, FileNotFoundError):
        return (
            f'{source}: {error.filename or one_line(error)} does not exist{_part(error)}; put the '
            'data there, or name their folder in --cfg-options, as train_dataloader.dataset.'
            'data_root=FOLDER'
        )
    if isinstance(error, ImportError):
        return (
            f'{source}: a package is missing, {one_line(error)}{_part(error)}; install it, or '
            'remove from the config what needs it'
        )
    return (
        f'{source}: the config cannot be built, {one_line(error)}{_part(error)}; correct that key'
    )


def _waited_in_vain(error: Exception) -> str | None:
    """The sentence for a data loader or process that does not answer, or None for other errors."""
    text = str(error)
    if 'DataLoader timed out' in text:
        return (
            'the data loader: a worker has delivered no batch in time; look for a file that cannot '
            'be read, as on a broken disk, or set a longer train_dataloader.timeout'
        )
    if re.search('DataLoader worker .* (killed|exited)', text):
        return (
            'the data loader: a worker was killed, probably because memory ran out; set a smaller '
            'train_dataloader.num_workers or batch_size'
        )
    if torch.distributed.is_initialized() and re.search(PROCESS_LOST, text, re.IGNORECASE):
        time.sleep(LAUNCHERS_TURN)
        return (
            'distributed training: another process has ended or does not answer; see its message, '
            'then continue with --resume'
        )
    return None


def _part(error: Exception) -> str:
    """What Runner was building, because its messages do not always name it."""
    parts = [
        frame.name.removeprefix('build_')
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == inspect.getfile(Runner) and frame.name.startswith('build_')
    ]
    return f' (in {", ".join(parts)})' if parts else ''


class _CheckLoaded(Hook):
    """Checks what is known once data and weights are loaded, before anything is changed."""

    priority = 'HIGHEST'

    def __init__(self, source: str) -> None:
        self.source = source

    def before_train(self, runner: Runner) -> None:
        loops = dict(train_dataloader=runner.train_loop, val_dataloader=runner.val_loop)
        check_classes(runner.model, loops, self.source)
        check_detector(runner.cfg.model, runner.train_dataloader.dataset)
        check_alphas(runner, self.source)
        if runner.max_iters == 0 and runner.max_epochs:
            raise InputError(
                f'{self.source}: train_dataloader has no batch for its '
                f'{len(runner.train_dataloader.dataset)} images; set a smaller batch_size, or '
                'drop_last=False'
            )

    def before_test(self, runner: Runner) -> None:
        check_classes(runner.model, dict(test_dataloader=runner.test_loop), self.source)
        check_detector(runner.cfg.model, runner.test_dataloader.dataset)


class _Start(Hook):
    """Notes that everything is built and loaded and that the loop has started."""

    priority = 'LOWEST'
    reached = False

    def before_train(self, runner: Runner) -> None:
        self.reached = True

    before_test = before_train
