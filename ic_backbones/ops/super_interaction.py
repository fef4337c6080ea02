"""Exchange shortcut, dense funnel and SI unit.

Source: Yao et al., "Super Interaction Neural Networks", sections 3.1, 3.2 and 3.4. With channels in
two halves ``x = [x1, x2]`` and one branch ``H`` a half::

    exchange shortcut    [H1(x1) + x2, H2(x2) + x1]                        eq. 1
    dense funnel         W . [x, y], y the exchange's output               section 3.2
    SI unit              H, exchange shortcut, dense funnel                figure 2

Nothing is split or concatenated: ``H1`` and ``H2`` are one branch of group convolutions, the
exchange a roll of the channels, and ``W . [x, y] = W_x . x + W_y . y``. Reading: the funnel is
grouped as ``H`` is, each half mixes its own ``x`` and ``y``.
"""

import math
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.utils.checkpoint as cp
from mmcv.cnn import build_activation_layer, build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor

from ..registry import MODELS


class Pointwise(nn.Conv2d):
    """A pointwise group convolution, on a CPU a batched matrix product.

    Input (N, in_channels, H, W), output (N, out_channels, H / stride, W / stride), rounded up. A
    contiguous map is a matrix a group as it lies; in other memory formats PyTorch's convolution
    is the faster one.

    Args:
        in_channels, out_channels, stride, groups: As in ``nn.Conv2d``; there is no bias.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(in_channels, out_channels, 1, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        fits = x.ndim == 4 and x.shape[1] == self.in_channels  # else nn.Conv2d says what is wrong
        if not fits or x.device.type != 'cpu' or x.stride(3) != 1:
            return super().forward(x)
        stride = self.stride[0]
        if stride > 1:
            x = x[:, :, ::stride, ::stride]
        batch, _, height, width = x.shape
        weight = matrices(self.weight, self.groups, batch)
        # Not len(weight), which a graph keeps as a constant.
        maps = x.reshape(batch * self.groups, weight.shape[2], height * width)
        if self.bias is None:
            product = torch.bmm(weight, maps)
        else:  # it comes with a norm that has been folded in
            product = torch.baddbmm(matrices(self.bias, self.groups, batch), weight, maps)
        return product.view(batch, self.out_channels, height, width)


def matrices(weight: Tensor, groups: int, batch: int = 1) -> Tensor:
    """A pointwise convolution's weight (or bias) as (batch * groups, rows, columns (or 1))."""
    one = weight.view(1, groups, len(weight) // groups, -1)
    return one.expand(batch, -1, -1, -1).flatten(0, 1)


@MODELS.register_module()
class Exchange(nn.Module):
    """The shortcut of eq. 1: each group of channels is handed to the next one.

    Input and output (N, C, H, W). With ``groups=1`` it is the identity.

    Args:
        channels: C.
        groups: Groups of channels; 2 in the paper.

    Raises:
        ValueError: The channels cannot be divided into the groups.
    """

    def __init__(self, channels: int, groups: int = 2) -> None:
        super().__init__()
        require_groups(channels, groups)
        self.shift = channels // groups if groups > 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        return x.roll(self.shift, 1) if self.shift else x

    def extra_repr(self) -> str:
        return f'shift={self.shift}'


def require_groups(channels: int, groups: int) -> None:
    """Refuse channels that cannot be exchanged.

    Raises:
        ValueError: See :class:`Exchange`.
    """
    if groups < 1:
        raise ValueError(f'groups={groups} is to be 1 or more')
    if channels % groups:
        raise ValueError(
            f'{channels} channels cannot be divided into {groups} groups: take a multiple of '
            f'{groups} channels, or groups=1'
        )


@MODELS.register_module()
class ExchangeShortcut(nn.Module):
    """``conv(x) + exchange(x)``, eq. 1 for a branch that works on each group by itself.

    Input and output (N, channels, H, W).

    Args:
        conv: ``H``, the group convolutions.
        channels, groups: As in :class:`Exchange`.

    Raises:
        ValueError: As :class:`Exchange`.
    """

    def __init__(self, conv: nn.Module, channels: int, groups: int = 2) -> None:
        super().__init__()
        self.conv = conv
        self.exchange = Exchange(channels, groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + self.exchange(x)


@MODELS.register_module()
class DenseFunnel(BaseModule):
    """A pointwise convolution over the concatenation of a unit's input and its output.

    Input two of (N, channels, H, W), output (N, channels, H, W): ``W_x . x + W_y . y``, each of
    ``groups`` groups.

    Raises:
        ValueError: As :class:`Exchange`.
    """

    def __init__(self, channels: int, groups: int = 2) -> None:
        super().__init__()
        require_groups(channels, groups)
        self.from_input = Pointwise(channels, channels, groups=groups)
        self.from_output = Pointwise(channels, channels, groups=groups)

    def init_weights(self) -> None:
        """Keep the variance: no norm follows, and ``y`` is ``x`` and a branch as large as it."""
        for conv in (self.from_input, self.from_output):
            nn.init.normal_(conv.weight, std=math.sqrt(1 / (3 * conv.weight.shape[1])))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.from_input(x).add_(self.from_output(y))


@MODELS.register_module()
class SIUnit(BaseModule):
    """An inverted residual of group convolutions; exchange and funnel where the shape stays.

    Input (N, in_channels, H, W), output (N, out_channels, H / stride, W / stride), rounded up. The
    stride is that of the first convolution, as the paper says: with an expansion the whole unit
    works at the smaller size.

    Args:
        in_channels, out_channels, kernel_size, stride: Of the unit; the kernel is the depthwise's.
        expand_ratio: Hidden channels over ``in_channels``; with 1 there is no expansion.
        groups: Groups of the pointwise convolutions; 2 in the paper. With 1, no funnel and the norm
            before the activation a unit of stride 1 is MobileNetV2's block.
        exchange: Whether the shortcut exchanges the groups; else it is the identity.
        funnel: Whether a dense funnel follows the shortcut.
        norm_cfg, act_cfg, order: As in mmcv's ``ConvModule``; the paper's order is activation
            before norm. The projection has no activation.
        with_cp: Recompute the unit in the backward pass, which saves memory.

    Raises:
        ValueError: ``in_channels`` or ``out_channels`` is no multiple of ``groups``, the kernel is
            even, or the order another one.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        expand_ratio: int = 2,
        groups: int = 2,
        exchange: bool = True,
        funnel: bool = True,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        order: tuple[str, str, str] = ('conv', 'act', 'norm'),
        with_cp: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if kernel_size % 2 == 0:
            raise ValueError(f'kernel_size={kernel_size} is even, no padding keeps the size')
        require_groups(in_channels, groups)
        require_groups(out_channels, groups)
        norm_cfg = norm_cfg or dict(type='BN')
        act_cfg = act_cfg or dict(type='ReLU6', inplace=True)
        hidden = in_channels * expand_ratio
        layers = []
        if expand_ratio != 1:
            expand = Pointwise(in_channels, hidden, stride, groups)
            layers.append(conv_layer(expand, norm_cfg, act_cfg, order))
        window = kernel_size, 1 if layers else stride, kernel_size // 2
        depthwise = nn.Conv2d(hidden, hidden, *window, groups=hidden, bias=False)
        layers.append(conv_layer(depthwise, norm_cfg, act_cfg, order))
        project = Pointwise(hidden, out_channels, groups=groups)
        layers.append(conv_layer(project, norm_cfg, None, order))
        self.conv = nn.Sequential(*layers)
        self.funnel = None
        if stride == 1 and in_channels == out_channels:
            self.conv = ExchangeShortcut(self.conv, out_channels, groups if exchange else 1)
            self.funnel = DenseFunnel(out_channels, groups) if funnel else None
        self.with_cp = with_cp

    def forward(self, x: Tensor) -> Tensor:
        if self.with_cp and x.requires_grad:
            return cp.checkpoint(self._unit, x, use_reentrant=False)
        return self._unit(x)

    def _unit(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y if self.funnel is None else self.funnel(x, y)


def conv_layer(
    conv: nn.Conv2d, norm_cfg: dict, act_cfg: dict | None, order: tuple[str, str, str]
) -> nn.Sequential:
    """What mmcv's ``ConvModule`` is, at a third of its overhead, which counts for one image.

    A norm behind an activation lies one level deeper: ``fuse_conv_bn`` would else fold it into
    the convolution, across the activation.
    """
    if tuple(order) not in (('conv', 'act', 'norm'), ('conv', 'norm', 'act')):
        raise ValueError(f"order {order} is to be 'conv', then 'act' and 'norm' either way round")
    layers = [('conv', conv), build_norm_layer(norm_cfg, conv.out_channels)]
    if act_cfg is not None:
        act = ('act', build_activation_layer(act_cfg))
        if order[1] == 'norm':
            layers.append(act)
        else:
            layers[1] = ('act_norm', nn.Sequential(OrderedDict([act, layers[1]])))
    return nn.Sequential(OrderedDict(layers))
