"""Inter-layer collision (IC) convolution.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), eq. 1-7, and "Inter-layer Collision Networks"
(https://arxiv.org/abs/1911.08252), eq. 3-7 (whose eq. 4 is misprinted; eq. 5-7 give the form built
here):

    u = W (*) X + b2 + alpha * relu(W (*) X - W' . (1 (^*) X) + b1)          eq. 6, 7

- ``W``: ``weight``, that of ``nn.Conv2d``. A plain network's weights load by name.
- ``W'``: ``w_prime / k^2``, a pointwise convolution without bias, with the convolution's groups
  (eq. 6); or ``w_prime / (k^2 C'/groups)``, one scalar per output channel over the sum of all
  input channels of a group (eq. 5).
- ``1 (^*)``: The box sum, a depthwise convolution with an all-one kernel and the convolution's own
  kernel size, stride, padding and dilation.
- ``alpha``: The scale of the collision term: 1 from scratch, 0 at first when started from plain
  weights.
- ``b1``, ``b2``: ``inner_bias`` and ``bias``.

Degenerate case: at ``alpha = 0`` the layer is ``nn.Conv2d``, bit for bit on finite inputs.

Readings: ``w_prime`` holds ``k^2 . W'`` and multiplies the mean of each window of ``k^2`` pixels
instead of its sum. That is the same function, but a step of gradient descent on ``W'`` itself moves
the output k^4 times as far as one on the factor of a mean does, 81 times for 3x3; the mean also
keeps fp16 in its range. In eq. 5 the mean is also that of the channels, for the same reason. The
papers leave the initialisation of ``W'`` open; see ``ic_layer.init_w_prime_``.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..registry import MODELS
from .collision import add_collision, inner_response, relu_bias
from .fx_step import one_step
from .ic_fold import FoldableICLayer
from .ic_layer import init_w_prime_, settings_of
from .window import Size, Window


def ic_conv2d(
    x: Tensor,
    weight: Tensor,
    w_prime: Tensor,
    bias: Tensor | None = None,
    inner_bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
    alpha: float | Tensor = 1.0,
    sign: Tensor | None = None,
) -> Tensor:
    """IC convolution, eq. 6 and 7.

    Args:
        x: The input, (N, C', H', W').
        weight: ``W``, (C, C'/groups, kH, kW).
        w_prime: The same as in ``collision.inner_response``.
        bias: ``b2``, (C,).
        inner_bias: ``b1``, (C,).
        stride: The stride, as in ``torch.nn.functional.conv2d``.
        padding: The padding, as in ``conv2d``.
        dilation: The dilation, as in ``conv2d``.
        groups: The number of groups, as in ``conv2d``.
        alpha: The scale of the collision term, a float or a 0-dim tensor.
        sign: The signs of a folded norm's scales, (C, 1, 1), see ``ic_fold``; by default 1.

    Returns:
        (N, C, H, W), as ``conv2d`` gives; at ``alpha = 0`` equal to it on finite inputs.
    """
    u = F.conv2d(x, weight, bias, stride, padding, dilation, groups)
    if not isinstance(alpha, Tensor) and alpha == 0:
        return u
    window = Window(weight.shape[2:], stride, padding, dilation)
    inner_bias = relu_bias(bias, inner_bias, sign)
    v = inner_response(u, x, w_prime, window, groups, inner_bias, sign)
    return add_collision(u, v, alpha, sign)


@MODELS.register_module()
class ICConv2d(FoldableICLayer, nn.Conv2d):
    """``nn.Conv2d`` with the collision term of eq. 6.

    Input (N, C', H', W'), output (N, C, H, W), as ``nn.Conv2d``. The layer adds ``w_prime`` of
    (C, C'/groups, 1, 1), C'.C/groups parameters. The arguments that are not listed here are those
    of ``nn.Conv2d``.

    Args:
        bias: Whether the layer has a ``b2``.
        alpha: The scale of the collision term, or the value that it starts from.
        alpha_mode: ``'constant'``, ``'learned'`` or ``'scheduled'``, see ``ICLayer.set_alpha``.
        inner_bias: Whether the layer has a ``b1``.
        scalar: Whether the layer has the form of eq. 5, with one scalar per output channel over the
            sum of all input channels.

    Raises:
        ValueError: There is no such ``alpha_mode``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = False,
        padding_mode: str = 'zeros',
        device=None,
        dtype=None,
        *,
        alpha: float = 1.0,
        alpha_mode: str = 'constant',
        inner_bias: bool = False,
        scalar: bool = False,
    ) -> None:
        factory = dict(device=device, dtype=dtype)
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            **factory,
        )
        inner = torch.zeros(out_channels, **factory) if inner_bias else None
        columns = 1 if scalar else in_channels // groups
        w_prime = torch.empty(out_channels, columns, 1, 1, **factory)
        self.add_own_tensors(w_prime, alpha, alpha_mode, inner)

    @property
    def area(self) -> int:
        return math.prod(self.kernel_size)

    @property
    def summed_channels(self) -> int:
        return self.weight.shape[1] // self.w_prime.shape[1]

    def init_w_prime(self, generator: torch.Generator | None = None) -> None:
        init_w_prime_(self.w_prime, self.weight, self.alpha, generator)

    @classmethod
    def from_conv(cls, conv: nn.Conv2d, **kwargs) -> 'ICConv2d':
        """An IC layer with the settings of ``conv``, sharing its ``weight`` and ``bias`` objects.

        Args:
            conv: The plain convolution.
            kwargs: ``alpha``, ``alpha_mode``, ``inner_bias`` and ``scalar``.
        """
        ic = cls(**settings_of(conv), **kwargs)
        ic.take_weights(conv)
        return ic.train(conv.training)

    @one_step
    def forward(self, x: Tensor) -> Tensor:
        term = self.w_prime, self.inner_bias, self.sign
        return self._ic_forward(x, self.weight, self.bias, *term)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """What ``efficient_conv_bn_eval`` of mmcv and mmengine calls, with a norm in ``weight``."""
        return self._ic_forward(x, weight, bias, *self.term_under(weight))

    def _ic_forward(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        w_prime: Tensor,
        inner_bias: Tensor | None,
        sign: Tensor | None,
    ) -> Tensor:
        x, padding = self._padded(x)
        window = self.stride, padding, self.dilation
        alpha = self.effective_alpha()
        return ic_conv2d(x, weight, w_prime, bias, inner_bias, *window, self.groups, alpha, sign)

    def _padded(self, x: Tensor) -> tuple[Tensor, Size | str]:
        """``x`` and the padding that it still needs."""
        if self.padding_mode == 'zeros':
            return x, self.padding
        return F.pad(x, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0


class ICConv2dAdaptivePadding(ICConv2d, nn.Conv2d):
    """An IC layer that pads as mmcv's ``Conv2dAdaptivePadding``: it gives ceil(input / stride).

    ``nn.Conv2d`` is listed as a base because the rules of ``init_cfg`` look only at direct bases.
    """

    def _padded(self, x: Tensor) -> tuple[Tensor, Size | str]:
        return super()._padded(Window.of(self).pad_to_same(x))
