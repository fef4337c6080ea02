"""The geometry of a sliding window, which a convolution and its box sum share."""

import math
from typing import NamedTuple

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

Size = int | tuple[int, int]


class Window(NamedTuple):
    """Kernel size, stride, padding and dilation of a convolution.

    Attributes:
        kernel_size: Height and width of the kernel in pixels.
        stride: One number for both axes, or one for each.
        padding: One number, one for each axis, or ``'same'`` or ``'valid'``.
        dilation: One number for both axes, or one for each.
    """

    kernel_size: tuple[int, int]
    stride: Size = 1
    padding: Size | str = 0
    dilation: Size = 1

    @classmethod
    def of(cls, conv: nn.Conv2d) -> 'Window':
        """The window of ``conv``."""
        return cls(conv.kernel_size, conv.stride, conv.padding, conv.dilation)

    def pad_to_same(self, x: Tensor) -> Tensor:
        """Pad ``x``, (N, C, H, W), so that a window gives ceil(size / stride) values an axis.

        This is the padding of mmcv's ``Conv2dAdaptivePadding``; ``padding`` itself is not used,
        and the window must come from :meth:`of`, with one stride and one dilation for each axis.
        """
        pad = []
        for axis in (1, 0):  # F.pad starts at the last axis
            size, stride = x.shape[2 + axis], self.stride[axis]
            reach = (self.kernel_size[axis] - 1) * self.dilation[axis] + 1
            last = (size - 1) // stride * stride  # where the last window begins
            total = max(last + reach - size, 0)
            pad += [total // 2, total - total // 2]
        return F.pad(x, pad)


# Functions and not properties, which the compiler of PyTorch 2.1 cannot follow in a tuple.
def area_of(window: Window) -> int:
    """The number of pixels that the kernel sees."""
    return math.prod(window.kernel_size)


def has_stride(window: Window) -> bool:
    """Whether the windows are more than one pixel apart."""
    return window.stride not in (1, (1, 1))


def sees_one_pixel(window: Window) -> bool:
    """Whether each output pixel sees the input pixel at its own place and nothing else."""
    unpadded = window.padding in (0, (0, 0), 'same', 'valid')
    return area_of(window) == 1 and unpadded and not has_stride(window)


def can_pool(window: Window) -> bool:
    """Whether PyTorch's average pool takes the window: undilated, padded by half of it at most."""
    if window.dilation not in (1, (1, 1)) or isinstance(window.padding, str):
        return False
    padding = window.padding if isinstance(window.padding, tuple) else (window.padding,) * 2
    height, width = window.kernel_size
    return 2 * padding[0] <= height and 2 * padding[1] <= width
