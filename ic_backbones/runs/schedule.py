"""A learning-rate schedule that covers the whole training, even if the training was made longer.

If only ``train_cfg.max_epochs`` grows, mmengine keeps the schedule as it is written. All further
epochs then have the learning rate of its last step, which is 0 after a cosine, and a resumed
training even takes the old schedule from its checkpoint.
"""

import math
import warnings
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

# Arguments of mmengine's schedulers that are epochs or iterations.
TIMES = ('begin', 'end', 'T_max', 'total_steps', 'step_size', 'milestones', 'periods')


def training_length(cfg: Config) -> float | None:
    """Epochs of the training, or iterations if its loop counts these; None if neither is given."""
    length = cfg.train_cfg.get('max_epochs') or cfg.train_cfg.get('max_iters')
    return length if isinstance(length, int | float) else None


def schedulers_of(cfg: Config) -> list[dict]:
    """The schedulers of a config, which may have none, one or several."""
    found = cfg.get('param_scheduler')
    several = found if isinstance(found, list | tuple) else [found]
    return [scheduler for scheduler in several if isinstance(scheduler, dict)]


def stretch_schedule(cfg: Config, written: Config) -> str:
    """Stretch the schedulers that count as the loop does, so that they last as long as it.

    A schedule that ends before the training is stretched from its end to that of the training. One
    without an end of its own, such as milestones alone, is stretched if an option has made the
    training longer. Nothing is ever shortened, and a warm-up alone stays as it is.

    Args:
        cfg: The config, which is changed.
        written: The config before any option of the command line.

    Returns:
        A sentence that says what was done; empty if nothing was.
    """
    length = training_length(cfg)
    if length is None:
        return ''
    by_epoch = 'max_epochs' in cfg.train_cfg
    schedulers = [each for each in schedulers_of(cfg) if each.get('by_epoch', True) == by_epoch]
    if all(map(_is_warm_up, schedulers)):
        return ''
    written_for = max(map(_end, schedulers))
    if math.isinf(written_for):
        if written.get('param_scheduler') != cfg.get('param_scheduler'):
            return ''
        written_for = training_length(written) or math.inf
    if not written_for < length:
        return ''
    scaled = [scale(scheduler, length / written_for) for scheduler in schedulers]
    if not any(scaled):
        return ''
    unit = 'epochs' if by_epoch else 'iterations'
    return (
        f'param_scheduler: the schedule was made for {written_for:g} {unit}, and is stretched to '
        f'the {length:g} of this training'
    )


def _is_warm_up(scheduler: dict) -> bool:
    """Whether a scheduler leads to the full learning rate, with which the training goes on."""
    name = str(scheduler.get('type')).rsplit('.')[-1]
    return name.startswith(('Linear', 'Constant')) and scheduler.get('end_factor', 1) == 1


def _end(scheduler: dict) -> float:
    """The last epoch or iteration of a scheduler; infinite where it lasts as long as the loop."""
    begin = scheduler.get('begin') or 0
    ends = [begin + scheduler[key] for key in ('T_max', 'total_steps') if scheduler.get(key)]
    return min([scheduler.get('end') or math.inf, *ends])


def scale(scheduler: dict, factor: float) -> bool:
    """Multiply the epochs or iterations of a scheduler, in place; only its begin can become 0.

    Returns:
        Whether it has any.
    """
    keys = [key for key in TIMES if scheduler.get(key)]
    for key in keys:
        scheduler[key] = _times(scheduler[key], factor, least=0 if key == 'begin' else 1)
    return bool(keys)


def _times(value: float | list[float], factor: float, least: int) -> int | list[int]:
    if isinstance(value, list | tuple):
        return [_times(item, factor, least) for item in value]
    return max(min(least, value), round(value * factor))


class RestartSchedule(Hook):
    """Replaces the schedule that a checkpoint holds by the config's, at the point that is reached.

    This is for a resumed training that was made longer, or whose epochs have another number of
    iterations, because images were added or the batch size has changed. The config's schedulers
    start again from the initial learning rates and step through the iterations that are done, as in
    a training that was like this from its beginning.

    Args:
        unit: What the loop counts: ``'epoch'`` or ``'iter'``.
        before: ``max_epochs`` and ``max_iters`` of the training that saved the checkpoint.
    """

    def __init__(self, unit: str, before: Mapping[str, Any]) -> None:
        self.unit, self.before = unit, before

    def before_train(self, runner: Runner) -> None:
        has_other_epochs = self._count_again(runner)
        length = self.before.get(f'max_{self.unit}s')
        is_longer = length and getattr(runner, f'max_{self.unit}s') > length
        if (is_longer or has_other_epochs) and isinstance(runner.param_schedulers, list):
            self._restart(runner)

    def _count_again(self, runner: Runner) -> bool:
        """Count the iterations that are done as if all epochs had had the present number of them.

        Returns:
            Whether they had another one.
        """
        epochs, iterations = (self.before.get(f'max_{unit}s') for unit in ('epoch', 'iter'))
        if self.unit != 'epoch' or not epochs or not iterations:
            return False
        old, new = iterations // epochs, len(runner.train_dataloader)
        if old == new:
            return False
        runner.logger.warning(
            f'--resume: an epoch has {new} iterations and no longer {old}, so the learning-rate '
            'schedule is computed anew'
        )
        runner.train_loop._iter = runner.epoch * new
        return True

    def _restart(self, runner: Runner) -> None:
        if any(getattr(each, 'need_val_args', False) for each in runner.param_schedulers):
            self._let_plateaus_last(runner)
            return  # what the validations have changed stays
        for group in runner.optim_wrapper.param_groups:
            for key in [key for key in group if key.startswith('initial_')]:
                group[key.removeprefix('initial_')] = group[key]
        schedulers = runner.build_param_scheduler(runner.cfg.param_scheduler)
        epoch_length = runner.iter // runner.epoch if runner.epoch else math.inf
        with warnings.catch_warnings():  # the optimizer's steps were made before the checkpoint
            warnings.filterwarnings('ignore', r'.*scheduler\.step\(\).*before.*optimizer\.step')
            for iteration in range(1, runner.iter + 1):
                for scheduler in schedulers:
                    if not scheduler.by_epoch or iteration % epoch_length == 0:
                        scheduler.step()
        runner.param_schedulers = schedulers

    def _let_plateaus_last(self, runner: Runner) -> None:
        for scheduler, config in zip(
            runner.param_schedulers, schedulers_of(runner.cfg), strict=True
        ):
            if getattr(scheduler, 'need_val_args', False):
                scheduler.end = config.get('end') or runner.max_epochs
