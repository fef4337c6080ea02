"""Whether the collision terms of a model take part in its training."""

from mmengine.runner import Runner
from torch import Tensor, nn

from ..errors import InputError
from ..ops.ic_layer import ic_layers
from .unwrapped import unwrapped


def scheduled_alphas(model: nn.Module) -> list[Tensor]:
    """``alpha`` of every layer with ``alpha_mode='scheduled'`` whose ``W'`` can learn."""
    return [
        layer.alpha
        for layer in ic_layers(unwrapped(model)).values()
        if layer.alpha_mode == 'scheduled' and layer.w_prime.requires_grad
    ]


def check_alphas(runner: Runner, source: str) -> None:
    """Refuse a scheduled ``alpha`` that would stay 0, and warn of a constant 0.

    In both cases the network is the plain one. A constant 0 in every layer may be a control, but
    is more often a forgotten ``alpha_mode``.

    Args:
        runner: The runner of a training, whose weights have been loaded. A hook that sets scheduled
            alphas has the attribute ``sets_alpha``.
        source: The path of its config file.

    Raises:
        InputError: All scheduled alphas are 0, and no hook sets them.
    """
    scheduled = scheduled_alphas(runner.model)
    is_set = any(scheduled) or any(getattr(hook, 'sets_alpha', False) for hook in runner.hooks)
    if scheduled and not is_set:
        raise InputError(
            f'{source}: alpha is scheduled, but it is 0 and custom_hooks has no '
            "ic_backbones.AlphaScheduleHook; add one, or set alpha_mode='learned'"
        )
    layers = ic_layers(unwrapped(runner.model)).values()
    if layers and all(layer.alpha_mode == 'constant' and layer.is_plain for layer in layers):
        runner.logger.warning(
            f'{source}: alpha is a constant 0 in every IC layer, so the network is the plain one; '
            "set alpha_mode='learned' unless that is meant"
        )
