"""Whether the optimizer that a checkpoint holds is the one that the config asks for."""

from collections.abc import Iterator
from functools import partial

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from torch.optim import Optimizer

from ..errors import InputError


class CheckOptimizer(Hook):
    """Stops a resumed training whose optimizer is of another kind; warns of another learning rate.

    A checkpoint brings the settings of its optimizer along, and PyTorch takes them in place of
    those of the config without a word.

    Raises:
        InputError: The checkpoint holds the state of another kind of optimizer.
    """

    def before_run(self, runner: Runner) -> None:
        """Note the rates of the config, which are replaced when the checkpoint is loaded."""
        self._rates = _rates(runner)
        for optimizer in _optimizers(runner):
            optimizer.register_load_state_dict_pre_hook(partial(_check_kind, runner.cfg.load_from))

    def before_train(self, runner: Runner) -> None:
        for written, used in zip(self._rates, _rates(runner), strict=False):
            if written != used:
                runner.logger.warning(
                    f'--resume: the learning rate is that of the checkpoint, {used:g}, and not '
                    f"the config's {written:g}; to use that, start from the weights with "
                    f'--cfg-options load_from={runner.cfg.load_from}'
                )
                return


def _optimizers(runner: Runner) -> Iterator[Optimizer]:
    wrapper = runner.optim_wrapper
    wrappers = wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]
    return (each.optimizer for each in wrappers)


def _check_kind(source: str, optimizer: Optimizer, state: dict) -> None:
    """Check a state before it is loaded, since loading that of another kind may raise KeyError."""
    for group in state['param_groups']:
        missing = optimizer.defaults.keys() - group.keys()
        if missing:
            raise InputError(
                f'{source}: its optimizer has no {", ".join(sorted(missing))}, so it is not '
                f'{type(optimizer).__name__}, which the config names; set the same optimizer, or '
                f'start from the weights with --cfg-options load_from={source}'
            )


def _rates(runner: Runner) -> list[float]:
    """The learning rate of each parameter group before any schedule."""
    return [
        group.get('initial_lr', group['lr'])
        for optimizer in _optimizers(runner)
        for group in optimizer.param_groups
    ]
