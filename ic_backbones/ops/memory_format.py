"""The memory format of what a network returns."""

from collections.abc import Iterable

import torch
from torch import Tensor


def in_format_of(image: Tensor, maps: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """The maps in the memory format of ``image``, which heads that call ``view`` rely on.

    A caller lets ``torch.fx.wrap`` make this a step of its own in graphs that torch.fx traces.

    Args:
        image: The input of a network, (N, C, H, W); if its format is ambiguous, as with one
            channel, it counts as contiguous.
        maps: The maps, (N, C', H', W') each; those in the right format are not copied.
    """
    is_last = image.is_contiguous(memory_format=torch.channels_last) and not image.is_contiguous()
    memory_format = torch.channels_last if is_last else torch.contiguous_format
    return tuple(feature.contiguous(memory_format=memory_format) for feature in maps)
