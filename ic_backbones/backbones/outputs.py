"""What the outputs of any backbone look like: their channels and strides, from a trial run."""

import copy
import logging
import math
from collections.abc import Iterator

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from ..errors import one_line
from ..weights.onnx import image_channels

Published = tuple[tuple[int, ...], tuple[int, ...]]


def outputs(net: nn.Module) -> Published | tuple[None, None]:
    """The channels and strides of what a backbone returns, or (None, None) and a warning.

    If possible, nothing is computed: the trial runs on the meta device. The images have 3
    channels, or as many as the first convolution takes.

    Args:
        net: The backbone, which is not changed.
    """
    reason = 'it cannot be copied'
    for device, sizes in _trials(net):
        for channels in image_channels(net):
            try:
                return _outputs(net, device, channels, sizes)
            except Exception as error:  # a foreign network can raise anything
                reason = one_line(error)
    print_log(
        f'{type(net).__name__}: the channels and strides of its outputs are unknown, because a '
        f'trial failed ({reason}); out_channels and out_strides are None, so give the next module '
        'its in_channels yourself',
        logger='current',
        level=logging.WARNING,
    )
    return None, None


def _trials(net: nn.Module) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Devices and image sizes; the difference of two sizes is exact if a network does not pad."""
    known = (getattr(module, 'img_size', None) for module in net.modules())
    fixed = next((size for size in known if size), 224)
    own = [(fixed, fixed) if isinstance(fixed, int) else tuple(fixed)]
    yield 'meta', [(1024, 1024), (2048, 2048)]
    yield 'meta', own
    yield 'cpu', [(64, 64), (128, 128)]  # some operators only compute
    yield 'cpu', own


@torch.no_grad()
def _outputs(net: nn.Module, device: str, channels: int, sizes: list[tuple[int, int]]) -> Published:
    twin = copy.deepcopy(net).to(device)
    twin.eval()
    runs = [_tensors(twin(torch.zeros(1, channels, *size, device=device))) for size in sizes]
    strides = (
        _stride([width for _, width in sizes], [feature.shape[-1] for feature in features])
        if features[0].ndim == 4
        else 0
        for features in zip(*runs, strict=True)
    )
    return tuple(map(_channels_of, runs[0])), tuple(strides)


def _tensors(maps: object) -> list[Tensor]:
    maps = [maps] if isinstance(maps, Tensor) else list(maps)
    if not all(isinstance(feature, Tensor) for feature in maps):
        raise TypeError('an output is not a tensor')
    return maps


def _stride(pixels: list[int], cells: list[int]) -> int:
    """The stride of a map with ``cells`` columns for an image with ``pixels`` columns."""
    if len(pixels) > 1:
        grown = cells[1] - cells[0]
        return round((pixels[1] - pixels[0]) / grown) if grown else 0
    ratio = pixels[0] / cells[0]
    power = 2 ** round(math.log2(ratio))
    padded = math.ceil(pixels[0] / power) == cells[0]
    return power if padded else round(ratio)


def _channels_of(feature: Tensor) -> int:
    return feature.shape[2 if feature.ndim == 3 else 1]  # tokens are (N, L, C)
