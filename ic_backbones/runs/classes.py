"""Whether the data sets of a classifier have the classes of its head, and all the same."""

from collections.abc import Mapping

from mmengine.runner import BaseLoop
from torch import nn

from ..errors import InputError
from ..weights.match import first
from .unwrapped import unwrapped


def check_classes(model: nn.Module, loops: Mapping[str, BaseLoop | None], source: str) -> None:
    """Refuse data with other classes than the head's, which would train wrong labels or crash.

    Args:
        model: The model of a run; one without ``head.num_classes``, as a detector, is not checked.
        loops: The loops that will run, by the names of their data loaders in the config.
        source: The path of the config file.

    Raises:
        InputError: ``num_classes`` is not the number of a data set's classes, or two data sets have
            different classes or orders.
    """
    count = getattr(getattr(unwrapped(model), 'head', None), 'num_classes', None)
    if count is None:
        return
    named = {
        name: tuple(classes)
        for name, loop in loops.items()
        if loop and (classes := getattr(loop.dataloader.dataset, 'metainfo', {}).get('classes'))
    }
    if len(set(named.values())) > 1:
        one, other = named
        alone = sorted({*named[one]} ^ {*named[other]})
        how = f'only one has {first(alone)}' if alone else 'the same in another order'
        raise InputError(
            f'{source}: {one} and {other} have different classes ({how}); give both data sets the '
            'same metainfo=dict(classes=[...])'
        )
    for name, classes in named.items():
        if count != len(classes):
            raise InputError(
                f'{source}: model.head.num_classes is {count}, but the number of classes of {name} '
                f'is {len(classes)} ({first(classes)}); set it to that number'
            )
