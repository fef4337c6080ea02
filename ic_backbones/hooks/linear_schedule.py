"""Values that change linearly over a training: WLD's balance and the scheduled ``alpha``."""

from abc import abstractmethod
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..config_values import require_number
from ..errors import InputError
from ..registry import HOOKS
from ..runs.alphas import scheduled_alphas
from ..runs.unwrapped import unwrapped


class LinearScheduleHook(Hook):
    """A value that goes from ``start`` at the first iteration to ``end`` at the last.

    It is computed from the iteration, so that a resumed training continues where it was.

    Args:
        start: The value at the first iteration.
        end: The value at the last iteration.

    Raises:
        InputError: A value is not a number within the ``limits`` of the class.
    """

    limits = -1e38, 1e38

    def __init__(self, start: float, end: float) -> None:
        for name, value in dict(start=start, end=end).items():
            require_number(f'{type(self).__name__}: {name}', value, *self.limits)
        self.start, self.end = start, end

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        progress = min(runner.iter / max(runner.max_iters - 1, 1), 1)
        self.set(runner, self.start + (self.end - self.start) * progress)

    @abstractmethod
    def set(self, runner: Runner, value: float) -> None:
        """Put the value to use."""


@HOOKS.register_module()
class WLDScheduleHook(LinearScheduleHook):
    """Lowers ``lambda`` of a ``WLDClassifier``, which also appears in the log.

    Source: "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks", sections 3.3
    and 4.1. Reading: the paper says "gradually", which is linearly here.

    Args:
        start: ``lambda`` at the first iteration.
        end: ``lambda`` at the last iteration.

    Raises:
        InputError: The model is not a ``WLDClassifier``, or a value is not a number from 0 to 1.
    """

    limits = 0, 1

    def __init__(self, start: float = 0.9, end: float = 0.1) -> None:
        super().__init__(start, end)

    def before_train(self, runner: Runner) -> None:
        if not hasattr(unwrapped(runner.model), 'wld'):
            raise InputError(
                f'WLDScheduleHook: {type(unwrapped(runner.model)).__name__} has no lambda; take '
                "type='ic_backbones.WLDClassifier', or leave the hook out"
            )

    def set(self, runner: Runner, value: float) -> None:
        unwrapped(runner.model).wld.weight = value
        runner.message_hub.update_scalar('train/lambda', value)


@HOOKS.register_module()
class AlphaScheduleHook(LinearScheduleHook):
    """Moves ``alpha`` of every IC layer with ``alpha_mode='scheduled'``: the paper's strategy 1.

    Layers of frozen stages keep the ``alpha`` that they have, because their ``W'`` cannot learn.

    Source: "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks", section 3.3,
    which finds the best values between 0.01 and 0.04.

    Args:
        start: ``alpha`` at the first iteration.
        end: ``alpha`` at the last iteration.

    Raises:
        InputError: No layer that can learn has a scheduled ``alpha``, or a value is not a number.
    """

    sets_alpha = True

    def __init__(self, start: float = 0.0, end: float = 0.02) -> None:
        super().__init__(start, end)

    def before_train(self, runner: Runner) -> None:
        self._alphas = scheduled_alphas(runner.model)
        if not self._alphas:
            raise InputError(
                'AlphaScheduleHook: no layer that can learn has a scheduled alpha; give the '
                "backbone alpha_mode='scheduled', or leave the hook out"
            )

    def set(self, runner: Runner, value: float) -> None:
        for alpha in self._alphas:
            alpha.fill_(value)
