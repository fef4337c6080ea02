"""An SI unit for inference: the same function in fewer steps.

In eval mode BN is affine, and behind the last activation a unit is linear. With ``h`` the hidden
maps there, ``P`` the projection, ``R`` the exchange and the funnel's ``W_x`` and ``W_y``::

    W_x . x + W_y . (P . h + p + R . x) = (W_x + W_y . R) . x + (W_y . P) . h + W_y . p

The first matrix is full instead of grouped; the multiply-adds stay the same.
"""

import torch
import torch.nn as nn
from mmcv.cnn.utils import fuse_conv_bn
from torch import Tensor

from .super_interaction import ExchangeShortcut, Pointwise, SIUnit


class DeployedSIUnit(nn.Module):
    """What :class:`SIUnit` computes in eval mode. Input and output as there.

    Args:
        unit: Is taken apart.

    Raises:
        TypeError: Its norm is not BN.
    """

    def __init__(self, unit: SIUnit) -> None:
        super().__init__()
        shortcut = unit.conv if isinstance(unit.conv, ExchangeShortcut) else None
        layers = fuse_conv_bn((shortcut.conv if shortcut else unit.conv).eval())
        *hidden, last = layers
        project = last.conv
        if project.bias is None:
            raise TypeError('only BN can be merged into a convolution, not another norm')
        if hasattr(hidden[-1], 'act_norm'):
            _into_next(hidden[-1].act_norm[-1], project)
            hidden[-1].act_norm[-1] = nn.Identity()
        self.hidden, self.project = nn.Sequential(*hidden), project
        self.shortcut = None
        if unit.funnel is not None:
            self.shortcut = _merge(unit.funnel, shortcut.exchange.shift, project)
        elif shortcut is not None:
            self.shortcut = shortcut.exchange

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden(x)
        if not isinstance(self.shortcut, Pointwise):
            y = self.project(hidden)
            return y if self.shortcut is None else y.add_(self.shortcut(x))
        if not self.shortcut.is_product(x):
            return self.project(hidden).add_(self.shortcut(x))
        # Both products into one map.
        (batch, channels, height, width), groups = x.shape, self.project.groups
        full = self.shortcut.weight.flatten(1).expand(batch, -1, -1)
        out = torch.baddbmm(self.project.bias[:, None], full, x.flatten(2))
        rows = self.project.weight.view(groups, channels // groups, -1)
        rows = rows.expand(batch, -1, -1, -1).flatten(0, 1)
        maps = hidden.reshape(batch * groups, rows.shape[2], height * width)
        parts = out.view(batch * groups, channels // groups, height * width)
        parts.baddbmm_(rows.to(out), maps.to(out))  # autocast leaves what is in place alone
        return out.view(batch, channels, height, width)


def _blocks(conv: nn.Conv2d) -> tuple[Tensor, ...]:
    """The matrix of each group, (C / groups, C' / groups)."""
    return conv.weight.data.flatten(1).chunk(conv.groups)


@torch.no_grad()
def _into_next(norm: nn.BatchNorm2d, project: nn.Conv2d) -> None:
    """Fold a norm into the pointwise convolution that follows it."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * scale
    blocks = _blocks(project)
    parts = shift.chunk(project.groups)
    project.bias.add_(torch.cat([w @ part for w, part in zip(blocks, parts, strict=True)]))
    for w, part in zip(blocks, scale.chunk(project.groups), strict=True):
        w.mul_(part)


@torch.no_grad()
def _merge(funnel: nn.Module, shift: int, project: nn.Conv2d) -> Pointwise:
    """``W_y . P`` and ``W_y . p`` into the projection; gives ``W_x + W_y . R``."""
    channels = funnel.from_input.in_channels
    own, after = (torch.block_diag(*_blocks(c)) for c in (funnel.from_input, funnel.from_output))
    pairs = zip(_blocks(funnel.from_output), _blocks(project), strict=True)
    merged = [w @ p for w, p in pairs]
    project.weight.copy_(torch.cat(merged)[:, :, None, None])
    project.bias.copy_(after @ project.bias)
    shortcut = Pointwise(channels, channels).to(own)
    # Column c of R is a 1 in row c + shift: R . x = roll(x, shift).
    shortcut.weight.copy_((own + after.roll(-shift, 1))[:, :, None, None])
    return shortcut
