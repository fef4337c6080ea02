"""Where a training continues: at a checkpoint, at its beginning, or not at all."""

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import InputError
from ..weights.checkpoint import Checkpoint
from .launcher import is_first_process
from .resumed_optimizer import CheckOptimizer
from .resumed_validation import (
    RecallValidations,
    ValidateFirst,
    lacks_validation,
    validations_until,
)
from .schedule import RestartSchedule, training_length
from .work_dir import NOTE, checkpoints, holds_run, last_checkpoint, note_checkpoint, put_aside

_HUB = 'log_scalars', 'runtime_info', 'resumed_keys'  # what mmengine's MessageHub must hold


def resume(cfg: Config, checkpoint: str, overwrite: bool = False) -> list[Hook] | None:
    """Set the config to continue from ``checkpoint``, or with 'auto' from the last one.

    With 'auto' and a work dir in which no training has saved, the training starts from the
    beginning, including ``load_from``.

    Args:
        cfg: The config of the training.
        checkpoint: A checkpoint file, or ``'auto'`` for the last one in the work dir.
        overwrite: Whether a checkpoint from elsewhere may continue in a work dir that holds a run.

    Returns:
        The hooks that the training needs in addition; None if it has already reached its end.

    Raises:
        InputError: The checkpoint cannot be read or holds no optimizer; with 'auto', none of those
            in the work dir is whole; or the work dir holds another run.
    """
    if not checkpoint:
        raise InputError(
            '--resume: the name of the checkpoint is empty; write --resume alone to continue from '
            'the last one, or --resume FILE'
        )
    if checkpoint == 'auto' and overwrite:
        raise InputError(
            '--resume: --overwrite would put aside the checkpoint to continue from; give one of '
            'the two, or --resume FILE with a checkpoint from elsewhere'
        )
    hooks: list[Hook] = [CheckOptimizer()]
    if checkpoint != 'auto':
        state = _read(checkpoint)
        if not _is_own(checkpoint, cfg.work_dir):
            hooks += _make_room(cfg, overwrite)
    elif holds_run(cfg.work_dir):
        checkpoint, state = _newest(cfg)
    else:
        _say(cfg, f'no checkpoint in {cfg.work_dir}, so the training starts from the beginning')
        return []
    cfg.resume = True
    cfg.load_from = checkpoint

    unit = 'epoch' if 'max_epochs' in cfg.train_cfg else 'iter'
    done, length = state['meta'][unit], training_length(cfg)
    own = _is_own(checkpoint, cfg.work_dir)
    validations = validations_until(cfg, unit, done) if own else None
    missing = lacks_validation(cfg, validations, done)
    if length is not None and (done > length or (done == length and not missing)):
        longer = '--epochs' if unit == 'epoch' else 'train_cfg.max_iters'
        _say(
            cfg,
            f'{checkpoint} has done {done} of {length} {unit}s, so there is nothing left to train; '
            f'set a higher {longer} to continue',
        )
        return None
    if unit == 'epoch' and Path(checkpoint).name.startswith('iter_'):
        _say(
            cfg, f'{checkpoint} was saved within an epoch, which starts again from its first batch'
        )
    hooks.append(ValidateFirst(unit, missing))
    hooks.append(RestartSchedule(unit, state['message_hub']['runtime_info']))
    if validations:
        hooks.append(RecallValidations(validations))
    return hooks


def start_again(cfg: Config, overwrite: bool) -> list[Hook]:
    """Make sure that a training which starts from its beginning does not overwrite another one.

    Args:
        cfg: The config of the training.
        overwrite: Whether to start even if the work dir holds a run.

    Returns:
        The hooks that the training needs in addition.

    Raises:
        InputError: The work dir holds a run, or ``load_from`` cannot be read.
    """
    if cfg.get('load_from'):
        Checkpoint.read(cfg.load_from)
    return _make_room(cfg, overwrite)


def _make_room(cfg: Config, overwrite: bool) -> list[Hook]:
    """The hooks with which a training of its own can start in the work dir."""
    if not holds_run(cfg.work_dir):
        return []
    hook = (cfg.get('default_hooks') or {}).get('checkpoint') or {}
    if hook.get('out_dir'):
        raise InputError(
            f'{cfg.work_dir}: this work dir holds a training, whose checkpoints lie in '
            f'{hook.out_dir}; continue it with --resume, move both away, or choose another '
            '--work-dir'
        )
    if overwrite:
        return [PutAside()]
    raise InputError(
        f'{cfg.work_dir}: this work dir holds the checkpoints of a training; continue it with '
        '--resume, replace it with --overwrite, or choose another --work-dir'
    )


class PutAside(Hook):
    """Moves the checkpoints of an earlier run aside once everything is loaded and built.

    Attributes:
        pending: Whether this has still to happen.
    """

    pending = True

    @master_only
    def before_train(self, runner: Runner) -> None:
        self.pending = False
        print(f'--overwrite: the earlier checkpoints are now in {put_aside(runner.work_dir)}')


def _is_own(checkpoint: str, work_dir: str) -> bool:
    """Whether a checkpoint is of the run that the work dir holds."""
    in_work_dir = Path(checkpoint).resolve().parent == Path(work_dir).resolve()
    return in_work_dir or checkpoint == last_checkpoint(work_dir)


def _read(checkpoint: str) -> dict:
    state = Checkpoint.read(checkpoint).content
    meta, hub = (_dict(state, key) for key in ('meta', 'message_hub'))
    reached = [meta.get(key) for key in ('epoch', 'iter')]
    if (
        not all(type(value) is int and value >= 0 for value in reached)
        or not all(isinstance(hub.get(key), dict) for key in _HUB)
        or not _dict(state, 'optimizer')
    ):
        raise InputError(
            f'{checkpoint}: it does not hold optimizer, epoch and iteration, so a training '
            'cannot continue from it; start one from its weights with --cfg-options '
            f'load_from={checkpoint}'
        )
    return state


def _dict(state: Mapping, key: str) -> dict:
    return state[key] if isinstance(state.get(key), dict) else {}


def _newest(cfg: Config) -> tuple[str, dict]:
    """The checkpoint that the note names, or the newest one that is whole, and its content."""
    noted = last_checkpoint(cfg.work_dir)
    faults = [] if noted else [f'{cfg.work_dir}/{NOTE}: it names no file that exists']
    others = [str(path) for path in checkpoints(cfg.work_dir) if str(path) != noted]
    for checkpoint in [noted, *others] if noted else others:
        try:
            state = _read(checkpoint)
        except InputError as error:
            faults.append(str(error).split('; ')[0])
            continue
        if faults:
            _say(cfg, f'{"; ".join(faults)}; the training continues from {checkpoint}')
            if is_first_process(cfg.launcher):
                note_checkpoint(cfg.work_dir, checkpoint)
        return checkpoint, state
    raise InputError(
        f'{cfg.work_dir}: it holds a training but no checkpoint to continue from '
        f'({"; ".join(faults)}); put one back, or start from the beginning with --overwrite '
        'instead of --resume'
    )


def _say(cfg: Config, sentence: str) -> None:
    if is_first_process(cfg.launcher):
        print(f'--resume: {sentence}', flush=True)
