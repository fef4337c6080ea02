"""Whether the optimizer that a checkpoint holds is the one that the config asks for."""

from collections.abc import Iterator, Sequence
from functools import partial

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from torch.optim import Optimizer

from ..errors import InputError

SETTINGS = {'learning rate': 'lr', 'weight decay': 'weight_decay'}


class CheckOptimizer(Hook):
    """Stops a resumed training whose optimizer does not fit; warns of other settings.

    A checkpoint brings the settings of its optimizer along, and PyTorch takes them in place of
    those of the config without a word.

    Raises:
        InputError: The checkpoint holds the state of another kind of optimizer, or of one that
            groups the parameters otherwise.
    """

    def before_run(self, runner: Runner) -> None:
        """Note the config's settings, which are replaced when the checkpoint is loaded."""
        self._written = {name: _values(runner, key) for name, key in SETTINGS.items()}
        for optimizer in _optimizers(runner):
            optimizer.register_load_state_dict_pre_hook(partial(_check_state, runner.cfg.load_from))

    def before_train(self, runner: Runner) -> None:
        for name, key in SETTINGS.items():
            pairs = zip(self._written[name], _values(runner, key), strict=True)
            written, used = next((pair for pair in pairs if pair[0] != pair[1]), (None, None))
            if written is not None:
                runner.logger.warning(
                    f'--resume: the {name} is that of the checkpoint, {used:g}, and not '
                    f"the config's {written:g}; to use that, {_from_weights(runner.cfg.load_from)}"
                )


def _optimizers(runner: Runner) -> Iterator[Optimizer]:
    wrapper = runner.optim_wrapper
    wrappers = wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]
    return (each.optimizer for each in wrappers)


def _check_state(source: str, optimizer: Optimizer, state: dict) -> None:
    """Check a state before it is loaded: PyTorch's own errors name neither file nor remedy."""
    for group in state['param_groups']:
        missing = optimizer.defaults.keys() - group.keys()
        if missing:
            raise InputError(
                f'{source}: its optimizer has no {", ".join(sorted(missing))}, so it is not '
                f'{type(optimizer).__name__}, which the config names; set the same optimizer, or '
                f'{_from_weights(source)}'
            )
    if _sizes(state['param_groups']) != _sizes(optimizer.param_groups):
        raise InputError(
            f'{source}: its optimizer groups the parameters otherwise than the config; keep the '
            f'model and paramwise_cfg as they were, or {_from_weights(source)}'
        )


def _from_weights(source: str) -> str:
    return f'start from the weights with --cfg-options load_from={source}'


def _sizes(groups: Sequence[dict]) -> list[int]:
    return [len(group['params']) for group in groups]


def _values(runner: Runner, key: str) -> list[float]:
    """A setting of each parameter group before any schedule; 0 where the optimizer has none."""
    return [
        group.get(f'initial_{key}', group.get(key, 0))
        for optimizer in _optimizers(runner)
        for group in optimizer.param_groups
    ]
