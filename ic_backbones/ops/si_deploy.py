"""An SI unit for inference: the same function in fewer steps.

In eval mode BN is affine, and after the last activation a unit is linear. With ``h`` the hidden
maps there, ``P`` the projection, ``R`` the exchange and the funnel's ``W_x`` and ``W_y``:

    W_x . x + W_y . (P . h + p + R . x) = (W_x + W_y . R) . x + (W_y . P) . h + W_y . p

Both matrices are full; the second one is 0 between the groups. A norm after an activation goes
into the convolution before both: with BN ``s . u + t``, ``s . clamp(z, 0, 6) + t`` is ``s . z + t``
between ``t`` and ``6 s + t``. So the padding of the next convolution stays 0. A norm after the
funnel scales both of its matrices.

All maps are in channels_last, where a pointwise convolution is a matrix product and a depthwise one
reorders nothing.
"""

import torch
import torch.nn as nn
from mmcv.cnn.utils import fuse_conv_bn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from .pointwise import PixelProduct, Pointwise, as_map, one_matrix, pixels
from .super_interaction import ExchangeShortcut, SIUnit

_ENDS = {nn.ReLU: (0, torch.inf), nn.ReLU6: (0, 6)}


class ClampedConv(nn.Module):
    """A convolution, in channels_last, and bounds for each of its channels.

    Input and output as the convolution's.

    Args:
        conv: The convolution.
        low: The lower bounds, (out_channels, 1, 1).
        high: The upper bounds, (out_channels, 1, 1).
    """

    def __init__(self, conv: nn.Conv2d, low: Tensor, high: Tensor) -> None:
        super().__init__()
        self.conv = conv
        self.register_buffer('low', low)
        self.register_buffer('high', high)

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return self.conv(x).clamp_(self.low, self.high)


@torch.no_grad()
def clamped(layer: nn.Sequential) -> nn.Module:
    """Merge a layer of ``conv_layer``, with BN and ReLU or ReLU6, into a bounded convolution.

    With another activation, only what ``fuse_conv_bn`` can merge is merged.

    Raises:
        ValueError: The layer has another norm, or one without scale, shift or running statistics.
    """
    layer.eval()
    act_first = hasattr(layer, 'act_norm')
    act, norm = layer.act_norm if act_first else (layer.act, layer[1])
    require_bn(norm)
    if type(act) not in _ENDS:
        return fuse_conv_bn(layer)
    ends = norm.weight.new_tensor(_ENDS[type(act)])[:, None, None, None]
    ends = ends.expand(-1, layer.conv.out_channels, -1, -1)
    if act_first:
        ends = norm(ends)
        ends = ends.where(~ends.isnan(), norm.bias[:, None, None])  # 0 * inf
    conv = fuse_conv_bn(nn.Sequential(layer.conv, norm))[0]
    if isinstance(conv, Pointwise):
        conv = PixelProduct(one_matrix(conv.weight, conv.groups), conv.bias, conv.stride[0])
    return ClampedConv(conv, ends.amin(0), ends.amax(0))


def require_bn(norm: nn.Module) -> None:
    """Check that ``norm`` is affine in eval mode.

    Raises:
        ValueError: It is another norm than BN, or one without scale, shift or running statistics.
    """
    if not isinstance(norm, _BatchNorm) or norm.weight is None or norm.running_mean is None:
        raise ValueError(
            f'{norm}: only BN with scale, shift and running statistics can be merged into a '
            'convolution; keep the network as it is'
        )


class DeployedSIUnit(nn.Module):
    """What an :class:`SIUnit` computes in eval mode, with the same input and output.

    Args:
        unit: The unit, whose layers are taken over and changed. The norm of its funnel, if it has
            one, must pass :func:`require_bn`.

    Raises:
        ValueError: A norm cannot be merged, see :func:`clamped`.
    """

    @torch.no_grad()
    def __init__(self, unit: SIUnit) -> None:
        super().__init__()
        branch = unit.conv.conv if isinstance(unit.conv, ExchangeShortcut) else unit.conv
        *hidden, last = branch
        self.hidden = nn.Sequential(*map(clamped, hidden))
        project = fuse_conv_bn(last.eval()).conv
        weight, bias = one_matrix(project.weight.data, project.groups), project.bias.data
        self.funnel = self.exchange = None
        if unit.funnel is not None:
            own, after = (
                one_matrix(conv.weight.data, project.groups)
                for conv in (unit.funnel.from_input, unit.funnel.from_output)
            )
            shift = torch.zeros_like(bias)
            for norm in unit.funnel.norm:  # one or none
                scale = norm.weight / (norm.running_var + norm.eps).sqrt()
                shift = norm.bias - scale * norm.running_mean
                own, after = scale[:, None] * own, scale[:, None] * after
            weight, bias = after @ weight, after @ bias + shift
            # Column c of R is a 1 in row c + shift: R . x = roll(x, shift).
            own = own + after.roll(-unit.conv.exchange.shift, 1)
            self.funnel = nn.Parameter(own.t().contiguous())
        elif branch is not unit.conv:
            self.exchange = unit.conv.exchange
        self.project = PixelProduct(weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.hidden(x))
        if self.exchange is not None:
            return y.add_(self.exchange(x))
        if self.funnel is None:
            return y
        # Autocast leaves in-place operations alone, so all tensors must have one type.
        return as_map(pixels(y).addmm_(pixels(x).to(y), self.funnel.to(y)), y)
