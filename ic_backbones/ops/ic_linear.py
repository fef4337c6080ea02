"""The inter-layer collision (IC) neuron.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), eq. 1 and 3. The symbols are those of ``ic_conv.py``.

Degenerate case: at ``alpha = 0`` the layer is ``nn.Linear``.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..registry import MODELS
from .collision import add_collision, saturate_
from .fx_step import one_step
from .ic_fold import FoldableICLayer


def ic_linear(
    x: Tensor,
    weight: Tensor,
    w_prime: Tensor,
    bias: Tensor | None = None,
    inner_bias: Tensor | None = None,
    alpha: float | Tensor = 1.0,
    sign: Tensor | None = None,
) -> Tensor:
    """IC neurons, eq. 3, without the outer activation:

        W x + b2 + alpha * relu(W x - w' sum(x) + b1)

    Args:
        x: The input, (..., n).
        weight: ``W``, (m, n).
        w_prime: ``w'``, (m,); all ones is eq. 1.
        bias: ``b2``, (m,).
        inner_bias: ``b1``, (m,).
        alpha: The scale of the collision term, a float or a 0-dim tensor.
        sign: The signs of a folded norm's scales, (m,), see ``ic_fold``; by default 1.

    Returns:
        (..., m).
    """
    if not isinstance(alpha, Tensor) and alpha == 0:
        return F.linear(x, weight, bias)
    u = F.linear(x, weight)
    # The mean: a sum of fp16 inputs overflows.
    term = u if sign is None else u * sign.to(u.dtype)
    term = term - (w_prime * x.shape[-1]).to(u.dtype) * x.mean(-1, keepdim=True).to(u.dtype)
    if inner_bias is not None:
        term = term + inner_bias.to(u.dtype)
    out = add_collision(u, saturate_(term), alpha, sign)
    return out if bias is None else out + bias.to(u.dtype)


@MODELS.register_module()
class ICLinear(FoldableICLayer, nn.Linear):
    """IC neurons without their outer activation, eq. 3: ``nn.Linear`` with the collision term.

    Input (..., n), output (..., m). ``w_prime`` (m,) starts at 1, which is eq. 1. The arguments
    that are not listed here are those of ``nn.Linear``.

    Args:
        bias: Whether the layer has a ``b2``.
        inner_bias: Whether the layer has a ``b1``.
        alpha: The scale of the collision term, or the value that it starts from.
        alpha_mode: ``'constant'``, ``'learned'`` or ``'scheduled'``, see ``ICLayer.set_alpha``.

    Raises:
        ValueError: There is no such ``alpha_mode``.
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
        inner = torch.zeros(out_features, **factory) if inner_bias else None
        self.add_own_tensors(torch.empty(out_features, **factory), alpha, alpha_mode, inner)

    def init_w_prime(self, generator: torch.Generator | None = None) -> None:
        nn.init.ones_(self.w_prime)

    @one_step
    def forward(self, x: Tensor) -> Tensor:
        own = self.weight, self.w_prime, self.bias, self.inner_bias
        return ic_linear(x, *own, self.effective_alpha(), self.sign)
