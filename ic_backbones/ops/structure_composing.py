"""Structure composing: a max pool and a pointwise convolution in place of a convolution.

Source: Chen, "Structure Composing Layer: A New Type of Layer to Deep and Speed up Convolutional
Neural Networks" (preprint, 30 January 2019), section 3 and the listing:

    out = W . maxpool_k(x) + b                                             eq. 6

- ``W``: ``conv.weight``, a pointwise convolution, which has 1/k^2 of the weights of a k x k one.
- ``maxpool_k``: The maximum over windows of ``kernel_size``, with an implicit padding of minus
  infinity.

Readings. The listing's ``maxpool_bias`` is never trained, and the text calls it needless: it is
left out. The listing applies ``stride`` both in the pool and in the pointwise convolution, which is
a slip: here the pool has it.

On the CPU, PyTorch's max pool is several times faster in channels_last than in the default layout,
so the pool always runs in it.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..registry import MODELS
from .fx_step import one_step


@MODELS.register_module()
class SCLayer(nn.Module):
    """Max pool, then pointwise convolution, eq. 6.

    Input (N, in_channels, H, W), output (N, out_channels, H', W') in channels_last, with the size
    that a convolution of the same kernel, stride and padding gives.

    Args:
        in_channels: The number of input channels.
        out_channels: The number of output channels.
        kernel_size: The edge of the pool's square window, in pixels.
        stride: The stride of the pool.
        padding: The padding of the pool; by default half of an odd kernel.
        bias: Whether the pointwise convolution has a bias.

    Raises:
        ValueError: The kernel is even and no padding is given, the padding is negative or more than
            half of the kernel, or the kernel is not a positive integer.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.padding = fitting_padding(kernel_size, padding)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return self.conv(F.max_pool2d(x, self.kernel_size, self.stride, self.padding))

    def extra_repr(self) -> str:
        return f'kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}'


@MODELS.register_module()
class MixedSCLayer(nn.Module):
    """A few channels of a plain convolution ("smear" features), the others of an :class:`SCLayer`.

    Input (N, in_channels, H, W), output (N, out_channels, H', W'), the smear channels first.

    Args:
        in_channels: The number of input channels.
        out_channels: The number of output channels, ``smear_channels`` included.
        kernel_size: The edge of the square window of pool and convolution, in pixels.
        stride: The stride of both.
        padding: The padding of both; by default half of an odd kernel.
        bias: Whether the two convolutions have a bias.
        smear_channels: The number of channels of the plain convolution.

    Raises:
        ValueError: There are not fewer smear channels than output channels, or the window is one
            that :class:`SCLayer` rejects.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | None = None,
        bias: bool = True,
        smear_channels: int = 16,
    ) -> None:
        super().__init__()
        if not 0 < smear_channels < out_channels:
            raise ValueError(
                f'smear_channels: {smear_channels} is not between 0 and out_channels='
                f'{out_channels}; give a number between them'
            )
        padding = fitting_padding(kernel_size, padding)
        window = kernel_size, stride, padding
        self.smear = nn.Conv2d(in_channels, smear_channels, *window, bias=bias)
        self.compose = SCLayer(in_channels, out_channels - smear_channels, *window, bias=bias)

    @one_step
    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return torch.cat([self.smear(x), self.compose(x)], dim=1)


def fitting_padding(kernel_size: int, padding: int | None) -> int:
    """``padding``, or by default half of an odd kernel.

    Raises:
        ValueError: The window is one that :class:`SCLayer` rejects.
    """
    if not isinstance(kernel_size, int) or kernel_size < 1:
        raise ValueError(
            f'kernel_size: {kernel_size!r} is not a positive integer; give one, the pool is square'
        )
    if padding is None and kernel_size % 2 == 0:
        raise ValueError(
            f'kernel_size: {kernel_size} is even, and no padding keeps the size; give a padding'
        )
    padding = kernel_size // 2 if padding is None else padding
    if not 0 <= padding <= kernel_size // 2:
        raise ValueError(
            f'padding: {padding} is not between 0 and half of kernel_size={kernel_size}; give a '
            'number between them'
        )
    return padding
