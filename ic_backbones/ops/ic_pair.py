"""A depthwise and a pointwise convolution as one IC layer.

Source: "IC Networks: Remodeling the Basic Unit for CNNs", section 4.2: the two count as one
convolution, whose input is the depthwise's and whose output is the pointwise's::

    u = pointwise(...(depthwise(x)))
    out = u + alpha * relu(u - W' . (1 (^*) x))

The box sum has the depthwise convolution's kernel, stride, padding and dilation. What lies between
the two (norm, activation, squeeze-and-excitation) is left as it is.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor

from .ic_conv import (
    add_collision,
    collision,
    has_additions,
    init_w_prime_,
    same_padding,
    set_alpha,
)


class Tap:
    """Hands the depthwise convolution's input over to the pointwise one."""

    def __init__(self) -> None:
        self.x: Tensor | None = None

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.x = inputs[0]

    def take(self) -> Tensor:
        if self.x is None:
            raise RuntimeError('the pointwise convolution of a pair runs before its depthwise one')
        x, self.x = self.x, None
        return x

    def __getstate__(self) -> dict:
        """Copies have nothing to hand over, should a forward have stopped between the two."""
        return dict(x=None)


class ICPairConv2d(nn.Conv2d):
    """The pointwise convolution of a pair; adds ``w_prime`` of (C, C', 1, 1).

    Input (N, C', H, W), output (N, C, H, W). It is made by :meth:`from_pair`, which puts a hook on
    the depthwise convolution.
    """

    @classmethod
    def from_pair(
        cls, depthwise: nn.Conv2d, pointwise: nn.Conv2d, alpha: float, alpha_mode: str
    ) -> 'ICPairConv2d':
        """The layer in ``pointwise``'s place, with its ``weight`` and ``bias`` objects.

        Raises:
            TypeError: The two are not a depthwise and a pointwise convolution that fit.
        """
        require_pair(depthwise, pointwise)
        pair = cls(
            pointwise.in_channels,
            pointwise.out_channels,
            1,
            bias=pointwise.bias is not None,
            device=pointwise.weight.device,
            dtype=pointwise.weight.dtype,
        )
        pair.weight, pair.bias = pointwise.weight, pointwise.bias
        pair.w_prime = nn.Parameter(
            torch.empty_like(pair.weight[:, : depthwise.in_channels]),
            requires_grad=pair.weight.requires_grad,
        )
        pair.window = (
            depthwise.kernel_size,
            depthwise.stride,
            depthwise.padding,
            depthwise.dilation,
        )
        pair.adaptive = isinstance(depthwise, Conv2dAdaptivePadding)
        pair.tap = Tap()
        depthwise.register_forward_pre_hook(pair.tap)
        set_alpha(pair, alpha, alpha_mode)
        pair.init_w_prime()
        return pair.train(pointwise.training)

    def init_w_prime(self) -> None:
        """Draw ``w_prime`` anew, to the scale that ``weight`` has now."""
        area = math.prod(self.window[0])
        # The scale of a full convolution of this kernel whose response is as large.
        weight = self.weight.expand(-1, -1, area, 1) / math.sqrt(area)
        init_w_prime_(self.w_prime, weight, self.alpha)

    def forward(self, y: Tensor) -> Tensor:
        u = super().forward(y)
        x = self.tap.take()
        if self.adaptive:
            kernel_size, stride, _, dilation = self.window
            x = F.pad(x, same_padding(x, kernel_size, stride, dilation))
        return add_collision(u, collision(u, x, self.w_prime, *self.window), self.alpha)


def require_pair(depthwise: nn.Module, pointwise: nn.Module) -> None:
    """Refuse what is no pair.

    Raises:
        TypeError: See :meth:`ICPairConv2d.from_pair`.
    """
    if not isinstance(depthwise, nn.Conv2d) or depthwise.groups != depthwise.in_channels:
        raise TypeError(f'{depthwise} is no depthwise convolution')
    if depthwise.padding_mode != 'zeros' or isinstance(depthwise.padding, str):
        raise TypeError(f'{depthwise} pads in a way that a box sum does not')
    if type(depthwise) not in (nn.Conv2d, Conv2dAdaptivePadding):
        raise TypeError(f'{type(depthwise).__name__} has a forward of its own')
    if (
        type(pointwise) not in (nn.Conv2d, Conv2dAdaptivePadding)
        or pointwise.kernel_size != (1, 1)
        or pointwise.stride != (1, 1)
        or pointwise.padding not in ((0, 0), 'same', 'valid')
        or pointwise.groups != 1
        or pointwise.in_channels != depthwise.out_channels
    ):
        raise TypeError(f'{pointwise} is no pointwise convolution of {depthwise.out_channels}')
    if has_additions(pointwise):
        raise TypeError(f'{pointwise} has hooks or a parametrization, which would be lost')
