"""Where a training continues: at a checkpoint, at its beginning, or not at all."""

from mmengine.config import Config
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import InputError
from ..weights.checkpoint import Checkpoint
from .launcher import is_first_process
from .schedule import RestartSchedule, training_length
from .work_dir import checkpoints, holds_run, last_checkpoint, note_checkpoint, put_aside


def resume(cfg: Config, checkpoint: str) -> list[Hook] | None:
    """Set the config to continue from ``checkpoint``, or with 'auto' from the last one.

    With 'auto' and a work dir in which no training has saved, the training starts from the
    beginning, including ``load_from``.

    Args:
        cfg: The config of the training.
        checkpoint: A checkpoint file, or ``'auto'`` for the last one in the work dir.

    Returns:
        The hooks that the training needs in addition; None if it has already reached its end.

    Raises:
        InputError: The checkpoint cannot be read or holds no optimizer; with 'auto', none of those
            in the work dir is whole.
    """
    if checkpoint != 'auto':
        state = _read(checkpoint)
    elif holds_run(cfg.work_dir):
        checkpoint, state = _newest(cfg)
    else:
        _say(cfg, f'no checkpoint in {cfg.work_dir}, so the training starts from the beginning')
        return []
    cfg.resume = True
    cfg.load_from = checkpoint

    unit = 'epochs' if 'max_epochs' in cfg.train_cfg else 'iters'
    done, length = state['meta'][unit.removesuffix('s')], training_length(cfg)
    if length is not None and done >= length:
        _say(
            cfg,
            f'{checkpoint} has done {done} of {length} {unit}, so there is nothing left to train; '
            f'set a higher train_cfg.max_{unit} to continue',
        )
        return None
    before = state['message_hub'].get('runtime_info', {}).get(f'max_{unit}')
    return [RestartSchedule()] if before and length and length > before else []


def start_anew(cfg: Config, overwrite: bool) -> list[Hook]:
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
    if not holds_run(cfg.work_dir):
        return []
    if overwrite:
        return [PutAside()]
    raise InputError(
        f'{cfg.work_dir}: this work dir holds the checkpoints of a training; continue it with '
        '--resume, replace it with --overwrite, or choose another --work-dir'
    )


class PutAside(Hook):
    """Moves the checkpoints of an earlier run aside once everything is loaded and built."""

    @master_only
    def before_train(self, runner: Runner) -> None:
        print(f'--overwrite: the earlier checkpoints are now in {put_aside(runner.work_dir)}')


def _read(checkpoint: str) -> dict:
    state = Checkpoint.read(checkpoint).content
    meta = state.get('meta')
    reached = [isinstance(meta, dict) and meta.get(key) for key in ('epoch', 'iter')]
    if not {'message_hub', 'optimizer'} <= state.keys() or not all(
        type(value) is int for value in reached
    ):
        raise InputError(
            f'{checkpoint}: it does not hold optimizer, epoch and iteration, so a training '
            'cannot continue from it; start one from its weights with --cfg-options '
            f'load_from={checkpoint}'
        )
    return state


def _newest(cfg: Config) -> tuple[str, dict]:
    """The checkpoint that the note names, or the newest one that is whole, and its content."""
    noted = last_checkpoint(cfg.work_dir)
    faults = [] if noted else [f'{cfg.work_dir}/last_checkpoint: it names no file that exists']
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
