"""Pointwise group convolutions as matrix products, which are faster on a CPU."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from .fx_step import one_step


class Pointwise(nn.Conv2d):
    """A pointwise group convolution without bias; on a CPU it is a batched matrix product.

    Input (N, in_channels, H, W), output (N, out_channels, H / stride, W / stride), rounded up. The
    memory of a contiguous map already is one matrix per group; in other memory formats PyTorch's
    convolution is faster and is used instead.

    Args:
        in_channels: The number of input channels.
        out_channels: The number of output channels.
        stride: The stride on both axes.
        groups: The number of groups.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(in_channels, out_channels, 1, stride, groups=groups, bias=False)

    @one_step
    def forward(self, x: Tensor) -> Tensor:
        return _pointwise(x, self.weight, self.bias, self.stride[0], self.groups)


def _pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, groups: int) -> Tensor:
    fits = x.ndim == 4 and x.shape[1] == weight.shape[1] * groups  # else conv2d says what is wrong
    if not fits or x.device.type != 'cpu' or x.stride(3) != 1:
        return F.conv2d(x, weight, bias, stride, groups=groups)
    if stride > 1:
        x = x[:, :, ::stride, ::stride]
    batch, _, height, width = x.shape
    rows = matrices(weight, groups, batch)
    # Not len(rows), which a graph keeps as a constant.
    maps = x.reshape(batch * groups, rows.shape[2], height * width)
    if bias is None:
        product = torch.bmm(rows, maps)
    else:  # the bias of a norm that has been folded into the convolution
        product = torch.baddbmm(matrices(bias, groups, batch), rows, maps)
    return product.view(batch, len(weight), height, width)


def matrices(weight: Tensor, groups: int, batch: int = 1) -> Tensor:
    """A pointwise convolution's weight, or bias, as (batch * groups, rows, columns (or 1))."""
    one = weight.view(1, groups, len(weight) // groups, -1)
    return one.expand(batch, -1, -1, -1).flatten(0, 1)


class PixelProduct(nn.Module):
    """A pointwise convolution with a bias, as one matrix product over all pixels.

    Input (N, in_channels, H, W), output (N, out_channels, H / stride, W / stride), rounded up, in
    channels_last. Groups of a group convolution lie on the diagonal of one matrix: for two groups
    that is faster than a product for each, with the copies that it needs.

    Args:
        weight: The weight, (out_channels, in_channels).
        bias: The bias, (out_channels,).
        stride: The stride on both axes.
    """

    def __init__(self, weight: Tensor, bias: Tensor, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.t().contiguous())
        self.bias = nn.Parameter(bias)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        return as_map(torch.addmm(self.bias, pixels(x), self.weight), x)


def one_matrix(weight: Tensor, groups: int) -> Tensor:
    """A pointwise convolution's weight as (out_channels, in_channels), 0 between the groups."""
    return torch.block_diag(*matrices(weight, groups))


def pixels(x: Tensor) -> Tensor:
    """(N, C, H, W) as (N * H * W, C), a view in channels_last."""
    return x.permute(0, 2, 3, 1).flatten(0, 2)


def as_map(pixels: Tensor, like: Tensor) -> Tensor:
    """(N * H * W, C) as (N, C, H, W), with the batch, height and width of ``like``."""
    batch, _, height, width = like.shape
    return pixels.view(batch, height, width, pixels.shape[1]).permute(0, 3, 1, 2)
