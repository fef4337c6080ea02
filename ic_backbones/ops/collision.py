"""The collision term: what its ReLU sees, and how it is added.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), eq. 5 to 7. The symbols are those of ``ic_conv.py``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .low_memory import AddRectified, DepthwiseConv, is_compiling, is_eager_training
from .window import Window, area_of, can_pool, has_stride, sees_one_pixel


def _box_mean(x: Tensor, factor: float, bias: Tensor | None, window: Window) -> Tensor:
    """The mean of each window of ``x``, (N, C', H', W'), channel by channel, times ``factor``."""
    kernel_size, *geometry = window
    if is_compiling() and can_pool(window):  # no kernel that is made and laid out in every call
        y = F.avg_pool2d(x, kernel_size, window.stride, window.padding) * factor
        return y if bias is None else y + bias.to(y.dtype)[:, None, None]
    channels = int(x.shape[-3])  # static when a graph is traced
    box = x.new_full((1, 1, *kernel_size), factor / area_of(window)).expand(channels, -1, -1, -1)
    is_batch = x.ndim == 4 and not isinstance(window.padding, str)
    if is_batch and x.requires_grad and is_eager_training():
        y = DepthwiseConv.apply(x, box, tuple(geometry))
        return y if bias is None else y + bias.to(y.dtype)[:, None, None]
    return F.conv2d(x, box, bias, *geometry, channels)


def saturate_(v: Tensor) -> Tensor:
    """Bring an overflow of fp16 back into its range: alpha = 0 times infinity would be NaN."""
    if v.dtype != torch.float16:
        return v
    limit = torch.finfo(v.dtype).max
    return v.clamp_(-limit, limit)


def inner_response(
    u: Tensor,
    x: Tensor,
    w_prime: Tensor,
    window: Window,
    groups: int = 1,
    inner_bias: Tensor | None = None,
    sign: Tensor | None = None,
) -> Tensor:
    """What the ReLU of eq. 6 sees: ``s u - W' . (1 (^*) x) + b1``, with s = 1.

    Args:
        u: The linear response, (N, C, H, W).
        x: The input of the box sum, (N, C', H', W').
        w_prime: ``k^2 . W'``, (C, C'/groups, 1, 1), for eq. 6; ``k^2 . C'/groups . W'``,
            (C, 1, 1, 1), for eq. 5.
        window: The window of the box sum.
        groups: The number of groups of the pointwise convolution.
        inner_bias: ``b1``, (C,).
        sign: ``s``, (C, 1, 1), the signs of a folded norm's scales; 1 by default.

    Returns:
        (N, C, H, W), in the dtype of ``u``, a tensor that nothing else refers to.
    """
    channels_per_group = int(x.shape[-3]) // groups  # static when a graph is traced
    if w_prime.shape[1] != channels_per_group:  # eq. 5: (N, C', H', W') -> (N, groups, H', W')
        # A convolution, unlike a mean, keeps channels_last.
        mean = x.new_full((groups, channels_per_group, 1, 1), 1 / channels_per_group)
        x = F.conv2d(x, mean, groups=groups)
    if sees_one_pixel(window):
        v = F.conv2d(x, -w_prime, inner_bias, groups=groups)
    elif not has_stride(window) and len(w_prime) <= x.shape[-3]:
        # The box mean commutes with the pointwise convolution: faster after it, if no larger.
        v = saturate_(F.conv2d(x, w_prime, groups=groups))
        v = _box_mean(v, -1.0, inner_bias, window)
    else:
        box = _box_mean(x, -1.0, None, window)
        v = F.conv2d(box, w_prime, inner_bias, groups=groups)
    v = v.add_(u) if sign is None else v.addcmul_(u, sign.to(u.dtype))
    return saturate_(v)


def add_collision(
    u: Tensor, v: Tensor, alpha: float | Tensor, sign: Tensor | None = None
) -> Tensor:
    """``u + alpha * sign * relu(v)``, finite in fp16 wherever ``u`` is.

    Args:
        u: The linear response, (N, C, H, W); overwritten if no gradients are recorded.
        v: What the ReLU sees, of the same shape; overwritten.
        alpha: The scale of the collision term, a number or a 0-dim tensor.
        sign: See :func:`inner_response`.
    """
    if sign is not None:
        alpha = (alpha * sign).to(v.dtype)
    is_half, is_constant = u.dtype == torch.float16, not isinstance(alpha, Tensor)
    if is_constant and not is_half and v.requires_grad and is_eager_training():
        return AddRectified.apply(u, v, alpha)
    term = v.relu_()
    # A trace must be the same with and without gradients.
    if torch.is_grad_enabled() or torch.jit.is_tracing() or is_half:
        out = torch.add(u, term, alpha=alpha) if is_constant else u + alpha * term
    else:
        out = u.add_(term, alpha=alpha) if is_constant else u.addcmul_(term, alpha)
    return torch.where(u.isinf(), u, saturate_(out)) if is_half else out


def relu_bias(
    bias: Tensor | None, inner_bias: Tensor | None, sign: Tensor | None = None
) -> Tensor | None:
    """What the ReLU sees besides ``u`` and the box sum: ``b1``, without the ``b2`` that ``u`` has.

    Args:
        bias: ``b2``, (C,).
        inner_bias: ``b1``, (C,).
        sign: See :func:`inner_response`.
    """
    if bias is None:
        return inner_bias
    if sign is not None:
        bias = bias * sign.flatten()
    return -bias if inner_bias is None else inner_bias - bias
