"""A depthwise and a pointwise convolution as one IC layer.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), section 4.2: the two count as one convolution, whose input is
the depthwise one's and whose output is the pointwise one's::

    u = pointwise(...(depthwise(x)))
    out = u + alpha * relu(u - W' . (1 (^*) x))

The box sum has the depthwise convolution's kernel, stride, padding and dilation. What lies between
the two (norm, activation, squeeze-and-excitation) is left as it is.
"""

import math

import torch
import torch.nn as nn
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor

from .ic_conv import add_collision, collision
from .ic_layer import ICLayer, has_additions, init_w_prime_
from .window import Window, area_of


class Tap:
    """Passes the input of the depthwise convolution on to the pointwise one."""

    def __init__(self) -> None:
        self.x: Tensor | None = None

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.x = inputs[0]

    def take(self) -> Tensor:
        if self.x is None:
            raise RuntimeError(
                'the pointwise convolution of a pair ran before its depthwise one; call them in '
                'that order'
            )
        x, self.x = self.x, None
        return x

    def __getstate__(self) -> dict:
        """A copy has nothing to pass on, even if a forward stopped between the two layers."""
        return dict(x=None)


class ICPairConv2d(ICLayer, nn.Conv2d):
    """The pointwise convolution of a pair, with the collision term.

    Input (N, C'', H, W), output (N, C, H, W). The layer adds ``w_prime`` of (C, C', 1, 1), where C'
    are the channels of the depthwise convolution's input. :meth:`from_pair` makes it, and puts a
    hook on the depthwise convolution.
    """

    @classmethod
    def from_pair(
        cls, depthwise: nn.Conv2d, pointwise: nn.Conv2d, alpha: float, alpha_mode: str
    ) -> 'ICPairConv2d':
        """The layer in the place of ``pointwise``, sharing its ``weight`` and ``bias`` objects.

        Args:
            depthwise: The depthwise convolution, which stays in its place.
            pointwise: The pointwise convolution of its output.
            alpha: The scale of the collision term, or the value that it starts from.
            alpha_mode: See ``ICLayer.set_alpha``.

        Raises:
            TypeError: The two are not a depthwise and a pointwise convolution that fit together.
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
        pair.window = Window.of(depthwise)
        pair.adaptive = isinstance(depthwise, Conv2dAdaptivePadding)
        pair.tap = Tap()
        depthwise.register_forward_pre_hook(pair.tap)
        w_prime = torch.empty_like(pair.weight.data[:, : depthwise.in_channels])
        pair.add_own_tensors(w_prime, alpha, alpha_mode)
        pair.w_prime.requires_grad_(pair.weight.requires_grad)
        return pair.train(pointwise.training)

    @property
    def area(self) -> int:
        return area_of(self.window)

    def init_w_prime(self) -> None:
        # The scale of a full convolution of this kernel whose response is as large.
        weight = self.weight.expand(-1, -1, self.area, 1) / math.sqrt(self.area)
        init_w_prime_(self.w_prime, weight, self.alpha)

    def forward(self, y: Tensor) -> Tensor:
        u = super().forward(y)
        x, window = self.tap.take(), self.window
        if self.adaptive:
            x = window.pad_to_same(x)
        return add_collision(u, collision(u, x, self.w_prime, window), self.alpha)


def require_pair(depthwise: nn.Module, pointwise: nn.Module) -> None:
    """Check that the two can become one IC layer.

    Raises:
        TypeError: See :meth:`ICPairConv2d.from_pair`.
    """
    if not isinstance(depthwise, nn.Conv2d) or depthwise.groups != depthwise.in_channels:
        raise TypeError(f'{depthwise} is not a depthwise convolution')
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
        raise TypeError(
            f'{pointwise} is not a pointwise convolution of {depthwise.out_channels} channels'
        )
    if has_additions(pointwise):
        raise TypeError(f'{pointwise} has hooks or a parametrization, which would be lost')
