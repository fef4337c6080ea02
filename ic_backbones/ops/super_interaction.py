"""Exchange shortcut, dense funnel and SI unit.

Source: Yao et al., "Super Interaction Neural Networks" (https://arxiv.org/abs/1905.12349), sections
3.1, 3.2 and 3.4. With the channels in two halves ``x = [x1, x2]`` and one branch ``H`` for each:

    exchange shortcut    [H1(x1) + x2, H2(x2) + x1]                        eq. 1
    dense funnel         W . [x, y], y the exchange's output               section 3.2
    SI unit              H, exchange shortcut, dense funnel                figure 2

Nothing is split or concatenated: ``H1`` and ``H2`` are one branch of group convolutions, the
exchange a roll of the channels, and ``W . [x, y] = W_x . x + W_y . y``. Reading: the funnel is
grouped as ``H`` is: each half mixes its own ``x`` and ``y``.
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
from .fx_step import one_step
from .pointwise import Pointwise


@MODELS.register_module()
class Exchange(nn.Module):
    """The shortcut of eq. 1: each group of channels moves to the place of the next one.

    Input and output (N, C, H, W). With ``groups=1`` it is the identity.

    Args:
        channels: The number of channels, C.
        groups: The number of groups of channels; 2 in the paper.

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
    """Check that ``channels`` can be divided into ``groups``.

    Raises:
        ValueError: They cannot be divided.
    """
    if groups < 1:
        raise ValueError(f'groups: {groups} is less than 1; give 1 or more')
    if channels % groups:
        raise ValueError(
            f'groups: {channels} channels cannot be divided into {groups} groups; take a multiple '
            f'of {groups} channels, or groups=1'
        )


@MODELS.register_module()
class ExchangeShortcut(nn.Module):
    """``conv(x) + exchange(x)``, eq. 1 for a branch that works on each group by itself.

    Input and output (N, channels, H, W).

    Args:
        conv: ``H``, the group convolutions.
        channels: The number of channels of input and output.
        groups: The number of groups of channels; 2 in the paper.

    Raises:
        ValueError: The channels cannot be divided into the groups.
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

    Two inputs of (N, channels, H, W), output (N, channels, H, W): ``W_x . x + W_y . y``.

    Args:
        channels: The number of channels of each input and of the output.
        groups: The number of groups of each of the two products; 2 in the paper.
        start: What ``init_weights`` does: ``'random'`` draws weights that keep the variance if
            ``y`` is ``x`` plus a branch of the same variance; with ``'identity'`` (``W_x = 0``,
            ``W_y = 1``) the funnel returns ``y``, so that the shortcut passes through it.
        norm_cfg: The config of a norm after the sum; none by default.

    Raises:
        ValueError: The channels cannot be divided into the groups, or there is no such start.
    """

    def __init__(
        self,
        channels: int,
        groups: int = 2,
        start: str = 'random',
        norm_cfg: dict | None = None,
    ) -> None:
        super().__init__()
        require_groups(channels, groups)
        if start not in ('identity', 'random'):
            raise ValueError(f"start: {start!r} is neither 'identity' nor 'random'; take one")
        self.start = start
        self.from_input = Pointwise(channels, channels, groups=groups)
        self.from_output = Pointwise(channels, channels, groups=groups)
        # One level deeper, as in conv_layer: it belongs to both convolutions.
        norm = [] if norm_cfg is None else [build_norm_layer(norm_cfg, channels)[1]]
        self.norm = nn.Sequential(*norm)

    @torch.no_grad()
    def init_weights(self) -> None:
        """Set the weights to ``start``."""
        own, after = self.from_input.weight, self.from_output.weight
        width = own.shape[1]
        if self.start == 'identity':
            own.zero_()
            after.copy_(torch.eye(width).repeat(len(after) // width, 1)[:, :, None, None])
        else:
            for weight in (own, after):
                nn.init.normal_(weight, std=math.sqrt(1 / (3 * width)))

    @one_step
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.norm(self.from_input(x).add_(self.from_output(y)))


@MODELS.register_module()
class SIUnit(BaseModule):
    """An inverted residual of group convolutions, with exchange and funnel if the shape stays.

    Input (N, in_channels, H, W), output (N, out_channels, H / stride, W / stride), rounded up. As
    the paper says, the first convolution has the stride: with an expansion, the whole unit works at
    the smaller size. With ``groups=1`` and no funnel, a unit of stride 1 is MobileNetV2's block.

    Args:
        in_channels: The number of input channels.
        out_channels: The number of output channels.
        kernel_size: The kernel size of the depthwise convolution, an odd number.
        stride: The stride of the unit.
        expand_ratio: The number of hidden channels over ``in_channels``; with 1 there is no
            expansion.
        groups: The number of groups of the pointwise convolutions; 2 in the paper.
        exchange: Whether the shortcut exchanges the groups; otherwise it is the identity.
        funnel: Whether a dense funnel follows the shortcut; a dict gives the ``start`` and
            ``norm_cfg`` of :class:`DenseFunnel`.
        norm_cfg: The norm's config; BN by default.
        act_cfg: The activation's config; ReLU6 by default. The projection has no activation.
        order: ``('conv', 'norm', 'act')``, or the paper's ``('conv', 'act', 'norm')``.
        with_cp: Whether to recompute the unit in the backward pass, which saves memory.
        init_cfg: The initialisation config of mmengine's ``BaseModule``.

    Raises:
        ValueError: ``in_channels`` or ``out_channels`` is not a multiple of ``groups``, the kernel
            size is even, or there is no such order.
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
        funnel: bool | dict = True,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        order: tuple[str, str, str] = ('conv', 'norm', 'act'),
        with_cp: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if kernel_size % 2 == 0:
            raise ValueError(
                f'kernel_size: {kernel_size} is even, so no padding keeps the size; give an odd one'
            )
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
            if funnel is not False:
                settings = {} if funnel is True else funnel
                self.funnel = DenseFunnel(out_channels, groups, **settings)
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
    """A convolution, a norm and an activation, as mmcv's ``ConvModule`` at a third of its overhead.

    The overhead counts for a single image. A norm after an activation lies one level deeper:
    otherwise ``fuse_conv_bn`` would fold it into the convolution, across the activation.

    Raises:
        ValueError: The order is not one of the two that :class:`SIUnit` takes.
    """
    orders = ('conv', 'norm', 'act'), ('conv', 'act', 'norm')
    if tuple(order) not in orders:
        raise ValueError(f'order: {order} is neither {orders[0]} nor {orders[1]}; take one of them')
    layers = [('conv', conv), build_norm_layer(norm_cfg, conv.out_channels)]
    if act_cfg is not None:
        act = ('act', build_activation_layer(act_cfg))
        if order[1] == 'norm':
            layers.append(act)
        else:
            layers[1] = ('act_norm', nn.Sequential(OrderedDict([act, layers[1]])))
    return nn.Sequential(OrderedDict(layers))
