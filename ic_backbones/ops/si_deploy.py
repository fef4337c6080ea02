"""An SI unit for inference: the same function in fewer steps.

In eval mode BN is affine, and behind the last activation a unit is linear. With ``h`` the hidden
maps there, ``P`` the projection, ``R`` the exchange and the funnel's ``W_x`` and ``W_y``::

    W_x . x + W_y . (P . h + p + R . x) = (W_x + W_y . R) . x + (W_y . P) . h + W_y . p

The first matrix is full instead of two grouped ones, with as many multiply-adds for two groups. A
norm behind an activation goes into the convolution before both: with BN ``s . u + t``,
``s . clamp(z, 0, 6) + t`` is ``s . z + t`` between ``t`` and ``6 s + t``. So the padding of the
next convolution stays 0.

All maps are in channels_last, where a pointwise convolution is a matrix product and a depthwise one
reorders nothing.
"""

import torch
import torch.nn as nn
from mmcv.cnn.utils import fuse_conv_bn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from .super_interaction import ExchangeShortcut, Pointwise, SIUnit, matrices

_ENDS = {nn.ReLU: (0, torch.inf), nn.ReLU6: (0, 6)}


class ClampedConv(nn.Module):
    """A convolution, in channels_last, and bounds for each of its channels.

    Input and output as the convolution's.

    Args:
        conv: The convolution.
        low, high: The bounds, (out_channels, 1, 1).
    """

    def __init__(self, conv: nn.Conv2d, low: Tensor, high: Tensor) -> None:
        super().__init__()
        self.conv = conv
        self.register_buffer('low', low)
        self.register_buffer('high', high)

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return self.conv(x).clamp_(self.low, self.high)


class PixelProduct(nn.Module):
    """A pointwise group convolution with a bias, as a matrix product for each group.

    Input (N, in_channels, H, W), output (N, out_channels, H / stride, W / stride), rounded up, in
    channels_last.

    Args:
        weight: (groups, out_channels / groups, in_channels / groups).
        bias: (out_channels,).
        stride: Of the convolution.
    """

    def __init__(self, weight: Tensor, bias: Tensor, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.transpose(1, 2).contiguous())
        self.bias = nn.Parameter(bias)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        groups, columns, rows = self.weight.shape
        parts = _pixels(x).view(-1, groups, columns).transpose(0, 1)
        # Writing into one map would be faster, but it neither compiles nor gives a right graph.
        y = torch.baddbmm(self.bias.view(groups, 1, rows), parts, self.weight).transpose(0, 1)
        return _map(y.reshape(-1, groups * rows), x)


def _pixels(x: Tensor) -> Tensor:
    """(N, C, H, W) as (N * H * W, C), a view in channels_last."""
    return x.permute(0, 2, 3, 1).flatten(0, 2)


def _map(pixels: Tensor, like: Tensor) -> Tensor:
    """Back again, with the batch, height and width of ``like``."""
    batch, _, height, width = like.shape
    return pixels.view(batch, height, width, pixels.shape[1]).permute(0, 3, 1, 2)


@torch.no_grad()
def clamped(layer: nn.Sequential) -> nn.Module:
    """A layer of :func:`conv_layer` with BN and ReLU or ReLU6 as one convolution with bounds.

    With another activation only what ``fuse_conv_bn`` can merge is merged.

    Raises:
        ValueError: It has another norm, or one without scale, shift or running statistics.
    """
    layer.eval()
    act_first = hasattr(layer, 'act_norm')
    act, norm = layer.act_norm if act_first else (layer.act, layer[1])
    if not isinstance(norm, _BatchNorm) or norm.weight is None or norm.running_mean is None:
        raise ValueError(
            f'{norm}: only BN can be merged into a convolution, with scale, shift and running '
            'statistics'
        )
    if type(act) not in _ENDS:
        return fuse_conv_bn(layer)
    ends = norm.weight.new_tensor(_ENDS[type(act)])[:, None, None, None]
    ends = ends.expand(-1, layer.conv.out_channels, -1, -1)
    if act_first:
        ends = norm(ends)
        ends = ends.where(~ends.isnan(), norm.bias[:, None, None])  # 0 * inf
    conv = fuse_conv_bn(nn.Sequential(layer.conv, norm))[0]
    if isinstance(conv, Pointwise):
        conv = PixelProduct(matrices(conv.weight, conv.groups), conv.bias, conv.stride[0])
    return ClampedConv(conv, ends.amin(0), ends.amax(0))


class DeployedSIUnit(nn.Module):
    """What :class:`SIUnit` computes in eval mode. Input and output as there.

    Args:
        unit: Is taken apart.

    Raises:
        ValueError: As :func:`clamped`.
    """

    @torch.no_grad()
    def __init__(self, unit: SIUnit) -> None:
        super().__init__()
        branch = unit.conv.conv if isinstance(unit.conv, ExchangeShortcut) else unit.conv
        *hidden, last = branch
        self.hidden = nn.Sequential(*map(clamped, hidden))
        project = fuse_conv_bn(last.eval()).conv
        weight, bias = matrices(project.weight.data, project.groups), project.bias.data
        self.funnel = self.exchange = None
        if unit.funnel is not None:
            own, after = (
                matrices(conv.weight.data, project.groups)
                for conv in (unit.funnel.from_input, unit.funnel.from_output)
            )
            weight, mix = after @ weight, torch.block_diag(*after)
            bias = mix @ bias
            # Column c of R is a 1 in row c + shift: R . x = roll(x, shift).
            full = torch.block_diag(*own) + mix.roll(-unit.conv.exchange.shift, 1)
            self.funnel = nn.Parameter(full.t().contiguous())
        elif branch is not unit.conv:
            self.exchange = unit.conv.exchange
        self.project = PixelProduct(weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.hidden(x))
        if self.exchange is not None:
            return y.add_(self.exchange(x))
        if self.funnel is None:
            return y
        # Autocast leaves what is in place alone, so all are to be of one type.
        return _map(_pixels(y).addmm_(_pixels(x).to(y), self.funnel.to(y)), y)
