"""How the collision terms grow."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..ops.ic_layer import ICLayer, ic_layers
from ..registry import HOOKS
from ..runs.unwrapped import unwrapped


@HOOKS.register_module()
class LogAlphaHook(Hook):
    """Logs ``alpha`` layer by layer: one line of text, and scalars for all visualisers.

    Args:
        interval: The number of iterations between two logs; the last iteration of each epoch is
            logged as well.
    """

    def __init__(self, interval: int = 1000) -> None:
        self.interval = interval

    def before_train(self, runner: Runner) -> None:
        if not _changing(runner):
            runner.logger.warning('LogAlphaHook: no alpha changes, so none is logged')

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        if not (
            self.every_n_train_iters(runner, self.interval)
            or self.end_of_epoch(runner.train_dataloader, batch_idx)
        ):
            return
        values = {name: float(layer.alpha) for name, layer in _changing(runner).items()}
        if not values:
            return
        runner.logger.info('alpha: ' + ', '.join(f'{k} {v:.4f}' for k, v in values.items()))
        step = runner.iter + 1
        scalars = {f'alpha/{name}': value for name, value in values.items()}
        runner.visualizer.add_scalars({**scalars, 'iter': step}, step=step)


def _changing(runner: Runner) -> dict[str, ICLayer]:
    """The IC layers whose ``alpha`` is not constant, by their dotted names."""
    layers = ic_layers(unwrapped(runner.model))
    return {name: layer for name, layer in layers.items() if layer.alpha_mode != 'constant'}
