"""Values that change linearly over a training: WLD's balance and the scheduled ``alpha``."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from ..errors import InputError
from ..registry import HOOKS


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside DDP and the like."""
    return model.module if is_model_wrapper(model) else model


class LinearScheduleHook(Hook):
    """From ``start`` at the first iteration to ``end`` at the last, computed from the iteration.

    So a training that is resumed goes on where it was.
    """

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        progress = runner.iter / max(runner.max_iters - 1, 1)
        self.set(runner, self.start + (self.end - self.start) * progress)

    def set(self, runner: Runner, value: float) -> None:
        raise NotImplementedError


@HOOKS.register_module()
class WLDScheduleHook(LinearScheduleHook):
    """Lowers ``lambda`` of a ``WLDClassifier``, which also appears in the log.

    Source: "IC Networks: Remodeling the Basic Unit for CNNs", sections 3.3 and 4.1. Reading: the
    paper says "gradually"; linearly here.

    Args:
        start, end: ``lambda`` at the first and at the last iteration.

    Raises:
        InputError: The model is no ``WLDClassifier``.
    """

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
    """Raises every ``alpha`` of ``alpha_mode='scheduled'``, the paper's first strategy.

    Source: "IC Networks: Remodeling the Basic Unit for CNNs", section 3.3, which sees the best
    values in 0.01 to 0.04.

    Args:
        start, end: ``alpha`` at the first and at the last iteration.

    Raises:
        InputError: No layer has a scheduled ``alpha``.
    """

    def __init__(self, start: float = 0.0, end: float = 0.02) -> None:
        super().__init__(start, end)

    def before_train(self, runner: Runner) -> None:
        self._alphas = [
            buffer
            for name, buffer in unwrapped(runner.model).named_buffers()
            if name.rpartition('.')[2] == 'alpha'
        ]
        if not self._alphas:
            raise InputError(
                'AlphaScheduleHook: no layer has a scheduled alpha; give the backbone '
                "alpha_mode='scheduled', or leave the hook out"
            )

    def set(self, runner: Runner, value: float) -> None:
        for alpha in self._alphas:
            alpha.fill_(value)
