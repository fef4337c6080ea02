"""Whether a model's neck or head takes the maps that its backbone gives."""

from collections.abc import Sequence

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
    if not isinstance(given, list | tuple):
        return
    for name in ('neck', 'head'):
        part = getattr(model, name, None)
        if part is None:
            continue
        taken = getattr(part, 'in_channels', None)
        if taken is not None and not _fits(taken, given):
            raise InputError(
                f'{source}: model.{name}.in_channels is {taken}, but the backbone gives maps of '
                f'{tuple(given)} channels; set one to the other'
            )
        if taken is not None or next(part.parameters(), None) is not None:
            return  # a neck does not publish what it gives to the head


def _fits(taken: int | Sequence[int], given: Sequence[int]) -> bool:
    if isinstance(taken, int):  # that of the last map, times its pixels where a head flattens it
        return taken % given[-1] == 0
    given = tuple(given)
    return tuple(taken) in (given, given[::-1])  # YOLOv3's neck counts from the last map
