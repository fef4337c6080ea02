"""Whether a model's neck or head takes the maps that its backbone gives."""

from torch import nn

from ..errors import InputError
from .unwrapped import unwrapped


def check_channels(model: nn.Module, source: str) -> None:
    """Refuse a neck or a head that is built for other channels than the backbone publishes.

    Args:
        model: The model of a run. What its parts do not publish is not checked.
        source: The path of its config file.

    Raises:
        InputError: ``in_channels`` of the neck or the head is not ``out_channels`` of the backbone.
    """
    model = unwrapped(model)
    given = getattr(getattr(model, 'backbone', None), 'out_channels', None)
    for name in ('neck', 'head'):
        taken = getattr(getattr(model, name, None), 'in_channels', None)
        if taken is None or not isinstance(given, list | tuple):
            continue
        # One number is the last map's, times its pixels where a head flattens it.
        fits = taken % given[-1] == 0 if isinstance(taken, int) else tuple(taken) == tuple(given)
        if not fits:
            raise InputError(
                f'{source}: model.{name}.in_channels is {taken}, but the backbone gives maps of '
                f'{tuple(given)} channels; set one to the other'
            )
        return
