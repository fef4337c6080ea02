"""A validation that was interrupted, after the checkpoint from which a training continues."""

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import InputError
from .scalars import read_scalars


class ValidateFirst(Hook):
    """Validates a resumed model before its training continues, if its epoch is one to validate.

    A checkpoint is written before the validation of its epoch. Without this hook, an epoch whose
    validation was interrupted would never be validated, and could not become the best.

    Args:
        unit: What the loop counts: ``'epoch'`` or ``'iter'``.
    """

    priority = 'LOWEST'  # once everything is loaded

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def before_train(self, runner: Runner) -> None:
        loop = runner.train_loop
        done, length = getattr(loop, self.unit), getattr(loop, f'max_{self.unit}s')
        if runner.val_loop is None or done < loop.val_begin:
            return
        if done % loop.val_interval == 0 or done == length:
            runner.logger.info(
                f'--resume: first the validation of {self.unit} {done}, which is not in the log'
            )
            runner.val_loop.run()


def is_validated(cfg: Config, step: int) -> bool:
    """Whether the validation of an epoch or iteration is in the work dir's log, or not wanted."""
    if cfg.get('val_cfg') is None:
        return True
    try:
        return any(row['step'] == step for row in read_scalars(cfg.work_dir).val)
    except InputError:
        return False
