"""Inter-layer collision (IC): the neuron, the convolution and their functional forms.

Source: An et al., "IC Networks: Remodeling the Basic Unit for CNNs", eq. 1-7, and "Inter-layer
Collision Networks", eq. 3-7 (whose eq. 4 is misprinted; eq. 5-7 give the form built here)::

    u = W (*) X + b2 + alpha * relu(W (*) X - W' . (1 (^*) X) + b1)          eq. 6, 7

=========  =====================================================================================
``W``      ``weight``, that of ``nn.Conv2d``: a plain network's weights load by name
``W'``     ``w_prime``, a pointwise convolution without bias, with the convolution's groups (eq. 6),
           or one scalar per output channel over the sum of all input channels (eq. 5)
``1 (^*)`` the box sum: a depthwise convolution with an all-one kernel and the convolution's own
           kernel size, stride, padding and dilation
``alpha``  scale of the collision term: 1 from scratch, 0 at first when started from plain weights
``b1, b2`` ``inner_bias`` and ``bias``
=========  =====================================================================================

Degenerate case: at ``alpha = 0`` the layer is ``nn.Conv2d``, bit for bit on finite inputs.

Reading: the papers leave the initialisation of ``W'`` open; see :func:`init_w_prime_`.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.utils.parametrize as parametrize
from torch import Tensor

from ..registry import MODELS

_ONE = 1, (1, 1)
_NO_PADDING = 0, (0, 0), 'same', 'valid'


def _box_sum(x: Tensor, value: float, bias: Tensor | None, kernel_size, *geometry) -> Tensor:
    """Sum of each window of ``x`` (N, C', H', W'), channel by channel, times ``value``."""
    channels = int(x.shape[-3])  # static when a graph is traced
    box = x.new_full((1, 1, *kernel_size), value).expand(channels, -1, -1, -1)
    return F.conv2d(x, box, bias, *geometry, channels)


def _saturate_(v: Tensor) -> Tensor:
    """Bring an overflow of fp16 back into its range: alpha = 0 times infinity would be NaN."""
    if v.dtype != torch.float16:
        return v
    limit = torch.finfo(v.dtype).max
    return v.clamp_(-limit, limit)


def collision(
    u: Tensor,
    x: Tensor,
    w_prime: Tensor,
    kernel_size: tuple[int, int],
    stride=1,
    padding=0,
    dilation=1,
    groups: int = 1,
    inner_bias: Tensor | None = None,
) -> Tensor:
    """The collision term ``relu(u - W' . (1 (^*) x) + b1)`` of eq. 6.

    Args:
        u: Linear response, (N, C, H, W).
        x: Input of the box sum, (N, C', H', W').
        w_prime: (C, C'/groups, 1, 1) for eq. 6, (C, 1, 1, 1) for eq. 5.
        kernel_size, stride, padding, dilation: Those of the box sum.
        groups: Groups of the pointwise convolution.
        inner_bias: ``b1``, (C,).

    Returns:
        (N, C, H, W), in the dtype of ``u``.
    """
    in_channels = x.shape[-3] // groups
    channel_sum = w_prime.shape[1] == 1 != in_channels
    if channel_sum:  # eq. 5: (N, C', H', W') -> (N, groups, H', W')
        x = x.unflatten(-3, (groups, in_channels)).mean(-3)
    geometry = kernel_size, stride, padding, dilation
    scale = float(in_channels if channel_sum else 1)  # ONNX has no product of float and int
    if math.prod(kernel_size) == 1 and stride in _ONE and padding in _NO_PADDING:
        v = F.conv2d(x, w_prime * -scale, inner_bias, groups=groups)
    elif stride in _ONE and len(w_prime) <= x.shape[-3]:
        # The box sum commutes with the pointwise convolution and is faster behind it, if no larger.
        v = _saturate_(F.conv2d(x, w_prime, groups=groups))
        v = _box_sum(v, -scale, inner_bias, *geometry)
    else:
        # A plain sum of fp16 activations overflows from 7e3 on; a power of two rounds nothing.
        area = 2 ** math.ceil(math.log2(math.prod(kernel_size)))
        box = _box_sum(x, 1 / area, None, *geometry)
        v = F.conv2d(box, w_prime * (-scale * area), inner_bias, groups=groups)
    v = v.add_(u)
    return _saturate_(v).relu_()


def add_collision(u: Tensor, term: Tensor, alpha: float | Tensor) -> Tensor:
    """``u + alpha * term``, finite in fp16 wherever ``u`` is."""
    out = torch.add(u, term, alpha=alpha) if isinstance(alpha, float) else u + alpha * term
    if out.dtype == torch.float16:
        out = torch.where(u.isinf(), u, _saturate_(out))
    return out


def ic_conv2d(
    x: Tensor,
    weight: Tensor,
    w_prime: Tensor,
    bias: Tensor | None = None,
    inner_bias: Tensor | None = None,
    stride=1,
    padding=0,
    dilation=1,
    groups: int = 1,
    alpha: float | Tensor = 1.0,
) -> Tensor:
    """IC convolution, eq. 6 and 7.

    Args:
        x: Input, (N, C', H', W').
        weight: ``W``, (C, C'/groups, kH, kW).
        w_prime: ``W'``, (C, C'/groups, 1, 1); (C, 1, 1, 1) for the scalar form, eq. 5.
        bias: ``b2``, (C,).
        inner_bias: ``b1``, (C,).
        stride, padding, dilation, groups: As in ``torch.nn.functional.conv2d``.
        alpha: Scale of the collision term, a float or a 0-dim tensor.

    Returns:
        (N, C, H, W), as ``conv2d`` gives; at ``alpha = 0`` equal to it on finite inputs.
    """
    u = F.conv2d(x, weight, bias, stride, padding, dilation, groups)
    if bias is not None:  # b2 stands outside the ReLU
        inner_bias = -bias if inner_bias is None else inner_bias - bias
    term = collision(u, x, w_prime, weight.shape[2:], stride, padding, dilation, groups, inner_bias)
    return add_collision(u, term, alpha)


def ic_linear(
    x: Tensor,
    weight: Tensor,
    w_prime: Tensor,
    bias: Tensor | None = None,
    inner_bias: Tensor | None = None,
    alpha: float | Tensor = 1.0,
) -> Tensor:
    """IC neurons, eq. 3, without the outer activation::

        W x + b2 + alpha * relu(W x - w' sum(x) + b1)

    Args:
        x: Input, (..., n).
        weight: ``W``, (m, n).
        w_prime: ``w'``, (m,); all ones is eq. 1.
        bias: ``b2``, (m,).
        inner_bias: ``b1``, (m,).
        alpha: Scale of the collision term, as in :func:`ic_conv2d`.

    Returns:
        (..., m).
    """
    u = F.linear(x, weight)
    # The mean: a sum of fp16 inputs overflows.
    term = u - (w_prime * x.shape[-1]).to(u.dtype) * x.mean(-1, keepdim=True).to(u.dtype)
    if inner_bias is not None:
        term = term + inner_bias.to(u.dtype)
    out = add_collision(u, _saturate_(term).relu(), alpha)
    return out if bias is None else out + bias.to(u.dtype)


def has_additions(conv: nn.Module) -> bool:
    """Whether it has hooks or a parametrization, which a layer in its place would not have."""
    hooked = conv._forward_hooks or conv._forward_pre_hooks  # old weight_norm is one of them
    return bool(hooked) or parametrize.is_parametrized(conv)


ALPHA_MODES = ('constant', 'learned', 'scheduled')


def set_alpha(module: nn.Module, alpha: float, mode: str) -> None:
    """Give ``module``, which has a ``w_prime``, its ``alpha``.

    Args:
        alpha: Its value, or the value that it starts from.
        mode: ``'constant'`` (a float, not saved), ``'learned'`` (a 0-dim parameter) or
            ``'scheduled'`` (a 0-dim buffer that a hook of yours fills).
    """
    if mode == 'learned':
        module.alpha = nn.Parameter(torch.tensor(float(alpha), device=module.w_prime.device))
    elif mode == 'scheduled':
        module.register_buffer('alpha', torch.tensor(float(alpha), device=module.w_prime.device))
    elif mode == 'constant':
        module.alpha = float(alpha)
    else:
        raise ValueError(f'alpha_mode {mode!r} is none of {", ".join(ALPHA_MODES)}')


@torch.no_grad()
def init_w_prime_(w_prime: Tensor, weight: Tensor, alpha: float | Tensor) -> None:
    """Draw ``W'`` to the scale of ``W``; the papers leave it open, so this is our reading.

    With ``alpha != 0`` the term counts from the start. A zero-mean ``W'`` would give every layer a
    gain of 1.5 and more, which blows up over a deep network. So ``W'`` is uniform with the mean at
    which ``W' . (1 (^*) x)`` is two standard deviations of ``W (*) x`` for a rectified normal ``x``
    (sqrt(pi) is its root mean square over its mean): most of the ReLU is silent, the layer starts
    close to the plain convolution (theorem 2) and the gain is 1.03.

    With ``alpha = 0`` nothing can blow up, and an active term gives ``alpha`` a gradient: ``W'`` is
    uniform around 0, with ``W' . (1 (^*) x)`` about as large as ``W (*) x``.

    Args:
        w_prime: Filled in place.
        weight: ``W``, (C, C'/groups, kH, kW).
        alpha: The value that ``alpha`` starts from.
    """
    fan_in, area = weight[0].numel(), weight[0, 0].numel()
    rms = weight.square().mean().sqrt()
    if alpha == 0:
        summed = weight.shape[1] // w_prime.shape[1]  # 1, or in eq. 5 all channels of a group
        bound = math.sqrt(3 / area / summed)
        w_prime.uniform_(-bound, bound).mul_(rms)
    else:
        w_prime.uniform_(0, 4 * math.sqrt(math.pi / fan_in)).mul_(rms)


@MODELS.register_module()
class ICConv2d(nn.Conv2d):
    """``nn.Conv2d`` with the collision term of eq. 6.

    Input (N, C', H', W'), output (N, C, H, W) as ``nn.Conv2d``. Adds ``w_prime`` of
    (C, C'/groups, 1, 1), C'.C/groups parameters.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype: As in ``nn.Conv2d``; ``bias`` (``b2``) is off by default.
        alpha: Scale of the collision term, or its start.
        alpha_mode: ``'constant'``, ``'learned'`` or ``'scheduled'``, see :func:`set_alpha`.
        inner_bias: Whether there is a ``b1``.
        scalar: The form of eq. 5, one scalar per output channel over the sum of all input channels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
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
        columns = 1 if scalar else in_channels // groups
        self.w_prime = nn.Parameter(torch.empty(out_channels, columns, 1, 1, **factory))
        if inner_bias:
            self.inner_bias = nn.Parameter(torch.zeros(out_channels, **factory))
        else:
            self.register_parameter('inner_bias', None)
        set_alpha(self, alpha, alpha_mode)
        self.init_w_prime()

    def init_w_prime(self) -> None:
        """Draw ``w_prime`` anew, to the scale that ``weight`` has now."""
        init_w_prime_(self.w_prime, self.weight, self.alpha)

    @classmethod
    def from_conv(cls, conv: nn.Conv2d, **kwargs) -> 'ICConv2d':
        """An IC layer with ``conv``'s settings and its own ``weight`` and ``bias`` objects."""
        ic = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,
            conv.stride,
            conv.padding,
            conv.dilation,
            conv.groups,
            conv.bias is not None,
            conv.padding_mode,
            conv.weight.device,
            conv.weight.dtype,
            **kwargs,
        )
        ic.weight, ic.bias = conv.weight, conv.bias
        ic.init_w_prime()
        return ic.train(conv.training)

    def forward(self, x: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != 'zeros':
            x = F.pad(x, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = 0
        return ic_conv2d(
            x,
            self.weight,
            self.w_prime,
            self.bias,
            self.inner_bias,
            self.stride,
            padding,
            self.dilation,
            self.groups,
            self.alpha,
        )


class ICConv2dAdaptivePadding(ICConv2d):
    """Pads as mmcv's ``Conv2dAdaptivePadding``: the output is ceil(input / stride)."""

    def forward(self, x: Tensor) -> Tensor:
        pad = same_padding(x, self.kernel_size, self.stride, self.dilation)
        return super().forward(F.pad(x, pad))


def same_padding(
    x: Tensor, kernel_size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> list[int]:
    """What ``F.pad`` needs so that a window gives ceil(size / stride) values."""
    pad = []
    for axis in (1, 0):  # F.pad starts at the last axis
        size = x.shape[2 + axis]
        reach = (kernel_size[axis] - 1) * dilation[axis] + 1
        last = (size - 1) // stride[axis] * stride[axis]  # where the last window begins
        total = max(last + reach - size, 0)
        pad += [total // 2, total - total // 2]
    return pad


@MODELS.register_module()
class ICLinear(nn.Linear):
    """IC neurons without their outer activation, eq. 3: ``nn.Linear`` with the collision term.

    Input (..., n), output (..., m). ``w_prime`` (m,) starts at 1, which is eq. 1.

    Args:
        in_features, out_features, device, dtype: As in ``nn.Linear``.
        bias: Whether there is a ``b2``.
        inner_bias: Whether there is a ``b1``.
        alpha, alpha_mode: As in :class:`ICConv2d`.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device=None,
        dtype=None,
        *,
        inner_bias: bool = True,
        alpha: float = 1.0,
        alpha_mode: str = 'constant',
    ) -> None:
        factory = dict(device=device, dtype=dtype)
        super().__init__(in_features, out_features, bias, **factory)
        self.w_prime = nn.Parameter(torch.ones(out_features, **factory))
        if inner_bias:
            self.inner_bias = nn.Parameter(torch.zeros(out_features, **factory))
        else:
            self.register_parameter('inner_bias', None)
        set_alpha(self, alpha, alpha_mode)

    def forward(self, x: Tensor) -> Tensor:
        return ic_linear(x, self.weight, self.w_prime, self.bias, self.inner_bias, self.alpha)
