"""Structure composing: a max pool and a pointwise convolution in place of a convolution.

Source: Chen, "Structure Composing Layer", section 3 and the listing::

    out = W . maxpool_k(x) + b                                             eq. 6

=========  ==================================================================================
``W``      ``conv.weight``, a pointwise convolution: 1/k^2 of a k x k convolution's weights
maxpool    over windows of ``kernel_size``, with an implicit padding of minus infinity
=========  ==================================================================================

Readings. The listing's ``maxpool_bias`` is never trained and called needless: left out. The listing
applies ``stride`` in the pool and in the pointwise convolution: a slip; it stands in the pool.

PyTorch's max pool is several times faster in channels_last, on the CPU, than in the default layout,
so the pool runs in it whatever comes in.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..registry import MODELS


@MODELS.register_module()
class SCLayer(nn.Module):
    """Max pool, then pointwise convolution, eq. 6.

    Input (N, in_channels, H, W), output (N, out_channels, H', W') in channels_last, with the size
    that a convolution of the same kernel, stride and padding gives.

    Args:
        in_channels, out_channels: Channels.
        kernel_size, stride: Of the pool.
        padding: Of the pool; by default half of an odd kernel.
        bias: Whether the pointwise convolution has one.

    Raises:
        ValueError: An even kernel without a padding, a padding that is negative or more than half
            of the kernel, or a kernel that is no positive int.
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
        in_channels, out_channels, kernel_size, stride, padding, bias: As in :class:`SCLayer`.
        smear_channels: Channels of the plain convolution.

    Raises:
        ValueError: As many smear channels as output channels or more; else as :class:`SCLayer`.
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
                f'smear_channels={smear_channels} must lie between 0 and out_channels='
                f'{out_channels}'
            )
        padding = fitting_padding(kernel_size, padding)
        window = kernel_size, stride, padding
        self.smear = nn.Conv2d(in_channels, smear_channels, *window, bias=bias)
        self.compose = SCLayer(in_channels, out_channels - smear_channels, *window, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return torch.cat([self.smear(x), self.compose(x)], dim=1)


def fitting_padding(kernel_size: int, padding: int | None) -> int:
    """``padding``, or half of an odd kernel.

    Raises:
        ValueError: See :class:`SCLayer`.
    """
    if not isinstance(kernel_size, int) or kernel_size < 1:
        raise ValueError(f'kernel_size={kernel_size!r} is not a positive int: the pool is square')
    if padding is None and kernel_size % 2 == 0:
        raise ValueError(
            f'kernel_size={kernel_size} is even, no padding keeps the size: give padding'
        )
    padding = kernel_size // 2 if padding is None else padding
    if not 0 <= padding <= kernel_size // 2:
        raise ValueError(
            f'padding={padding} is not between 0 and half of kernel_size={kernel_size}'
        )
    return padding
