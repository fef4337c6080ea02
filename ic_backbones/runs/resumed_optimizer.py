"""Whether the optimizer that a checkpoint holds is the one that the config asks for."""

from collections.abc import Iterator

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from torch.optim import Optimizer

from ..errors import InputError


class CheckOptimizer(Hook):
    """Stops a resumed training whose optimizer is of another kind, and names another learning rate.

    A checkpoint brings the settings of its optimizer along, and PyTorch takes them in place of
    those of the config without a word.

    Raises:
        InputError: The checkpoint holds the state of another kind of optimizer.
    """

    def before_run(self, runner: Runner) -> None:
        """Note the rates of the config, which are replaced when the checkpoint is loaded."""
        self._rates = [_rate(group) for opt in _optimizers(runner) for group in opt.param_groups]

    def before_train(self, runner: Runner) -> None:
        rates = []
        for optimizer in _optimizers(runner):
            for group in optimizer.param_groups:
                missing = optimizer.defaults.keys() - group.keys()
                if missing:
                    raise InputError(
                        f'{runner.cfg.load_from}: its optimizer has no {", ".join(sorted(missing))}'
                        f', so it is not {type(optimizer).__name__}, which the config names; set '
                        'the same optimizer, or start from the weights with --cfg-options '
                        f'load_from={runner.cfg.load_from}'
                    )
                rates.append(_rate(group))
        for written, used in zip(self._rates, rates, strict=False):
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


def _rate(group: dict) -> float:
    """The learning rate before any schedule."""
    return group.get('initial_lr', group['lr'])
