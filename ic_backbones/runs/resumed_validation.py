"""The validation after the checkpoint from which a training continues.

The checkpoint is written before it, so it knows nothing of it.
"""

from mmengine.config import Config
from mmengine.dist import broadcast_object_list
from mmengine.hooks import EarlyStoppingHook, Hook
from mmengine.runner import Runner

from ..errors import InputError
from .scalars import read_scalars


class ValidateFirst(Hook):
    """Makes up for a missing validation before a resumed training continues.

    A checkpoint is written before the validation of its epoch. Without this hook, an epoch whose
    validation was interrupted would never be validated, and could not become the best.

    Args:
        unit: What the loop counts: ``'epoch'`` or ``'iter'``.
        missing: Whether :func:`lacks_validation` said so; that of the first process counts.
    """

    priority = 'LOWEST'  # once everything is loaded

    def __init__(self, unit: str, missing: bool) -> None:
        self.unit, self.missing = unit, missing

    def before_train(self, runner: Runner) -> None:
        missing = [self.missing]
        broadcast_object_list(missing)
        if not missing[0] or runner.val_loop is None:
            return
        loop = runner.train_loop
        loop._decide_current_val_interval()
        done, length = getattr(loop, self.unit), getattr(loop, f'max_{self.unit}s')
        if done % loop.val_interval == 0 or done == length:
            runner.logger.info(
                f'--resume: first the validation of {self.unit} {done}, which is not in the log'
            )
            runner.val_loop.run()


class RecallValidations(Hook):
    """Gives what follows a metric those validations that the checkpoint does not know.

    For a scheduler that is the one after the checkpoint; if the checkpoint was saved once more, as
    the best one, it has had that already. mmengine's ``EarlyStoppingHook`` saves nothing, so it
    gets all of them.

    Args:
        validations: What the log says of the validations up to the epoch of the checkpoint.
    """

    def __init__(self, validations: list[dict]) -> None:
        self.validations = validations

    def before_train(self, runner: Runner) -> None:
        several = runner.param_schedulers if isinstance(runner.param_schedulers, list) else []
        for scheduler in several:
            if not getattr(scheduler, 'need_val_args', False):
                continue
            steps = [row['step'] for row in self.validations]
            seen = [step for step in steps if scheduler.begin <= step < scheduler.end]
            if scheduler.last_step + 1 < len(seen):  # last_step counts validations, from 0
                scheduler.step(self.validations[-1])
        for hook in runner.hooks:
            if isinstance(hook, EarlyStoppingHook):
                for row in self.validations:
                    hook.after_val_epoch(runner, row)


def validations_until(cfg: Config, unit: str, done: int) -> list[dict] | None:
    """The validations in the log of the work dir, up to that of an epoch.

    Args:
        cfg: The config of the training.
        unit: What its loop counts: ``'epoch'`` or ``'iter'``.
        done: The epoch or iteration of the checkpoint.

    Returns:
        What was logged, in its order; None if that cannot be known, because there is no log or
        because the log counts validations in another unit.
    """
    logger = cfg.get('default_hooks', {}).get('logger') or {}
    by_epoch = logger.get('log_metric_by_epoch', True)
    if cfg.get('val_cfg') is None or by_epoch != (unit == 'epoch'):
        return None
    try:
        return [row for row in read_scalars(cfg.work_dir).val if row['step'] <= done]
    except InputError:
        return None


def lacks_validation(cfg: Config, validations: list[dict] | None, done: int) -> bool:
    """Whether the log shows that the validation of an epoch is missing.

    Args:
        cfg: The config of the training.
        validations: What :func:`validations_until` returned.
        done: The epoch or iteration of the checkpoint.
    """
    if validations is None or done < cfg.train_cfg.get('val_begin', 1):
        return False
    return all(row['step'] != done for row in validations)
