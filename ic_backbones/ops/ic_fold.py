"""A norm folded into an IC layer.

With a norm of scale ``f`` and shift ``t`` after the layer, ``u' = f W (*) X + t`` and:

    f (u + alpha relu(u - W' . (1 (^*) X) + b1)) + t
        = u' + alpha s relu(s (u' - t) - |f| W' . (1 (^*) X) + |f| b1),    s = sign(f)

So ``W`` takes ``f``, ``W'`` and ``b1`` take ``|f|``, and ``s`` is kept if it is not 1 everywhere.

mmcv's ``fuse_conv_bn`` and PyTorch's ``fuse_conv_bn_eval`` know only ``weight`` and ``bias``, which
they replace. The new ``weight`` tells ``f``: it is the old one, scaled channel by channel.
"""

import torch
import torch.nn as nn
from torch import Tensor

from .ic_layer import ICLayer


class FoldableICLayer(ICLayer):
    """An IC layer with one ``weight``, whose channels a norm can scale.

    If ``weight`` is replaced by a parameter that is the present one times a factor for each
    channel, the collision term follows. Any other new ``weight`` leaves it as it is, and so does
    one that a state dict assigns.

    Attributes:
        sign: The signs of the folded scales, 1 or -1, (C, 1, 1), or (m,) in a linear layer; None
            if all are 1.
    """

    own_tensors = (*ICLayer.own_tensors, 'sign')
    _is_loading = False

    def add_own_tensors(self, *args, **kwargs) -> None:
        super().add_own_tensors(*args, **kwargs)
        self.register_buffer('sign', None)

    def __setattr__(self, name: str, value: object) -> None:
        is_weight = name == 'weight' and isinstance(value, nn.Parameter)
        if is_weight and 'sign' in self._buffers and not self._is_loading:
            old = self._parameters.get('weight')  # None if it is parametrized or pruned
            if old is not None and _are_alike(old, value):
                scale = _scale_of(old, value)
                if scale is not None:
                    self.scale_term(scale)
        super().__setattr__(name, value)

    def take_weights(self, layer: nn.Module) -> None:
        """Share the ``weight`` and ``bias`` objects of a plain layer, and draw ``W'`` to them.

        If that ``weight`` is frozen, so are the layer's own tensors.
        """
        self.register_parameter('weight', layer.weight)  # and not a fold, whatever its values
        self.bias = layer.bias
        self.init_w_prime()
        self.freeze_with_weight()

    @torch.no_grad()
    def scale_term(self, scale: Tensor) -> None:
        """Let the collision term follow a scale of the layer's channels.

        Args:
            scale: The factor of each channel, (C,); NaN where it is not known.

        Raises:
            ValueError: A factor that matters is not known, or ``W'`` is pruned or parametrized.
        """
        scale = self._known(scale)
        if 'w_prime' not in self._parameters:
            raise ValueError(
                f"{type(self).__name__}: W' is pruned or parametrized, so no norm can be folded "
                "into the layer; make it permanent first, for example with torch's prune.remove"
            )
        self.w_prime.mul_(_like(scale.abs(), self.w_prime))
        if self.inner_bias is not None:
            self.inner_bias.mul_(scale.abs())
        sign = self._sign_of(scale)
        if self.sign is not None or (sign < 0).any():
            self.sign = sign if self.sign is None else self.sign * sign

    def term_under(self, weight: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """``W'``, ``b1`` and ``sign`` of the layer with another ``weight``.

        Args:
            weight: The layer's weight, or that weight with each channel scaled.

        Raises:
            ValueError: The scale is not known.
        """
        own = self.weight
        if weight is own:
            return self.w_prime, self.inner_bias, self.sign
        scale = self._known(_ratio(own, weight)).to(own.dtype)
        size, sign = scale.abs(), self._sign_of(scale)
        b1 = self._own_inner_bias()
        b1 = None if b1 is None else b1 * size
        sign = sign if self.sign is None else self.sign * sign
        return self.w_prime * _like(size, self.w_prime), b1, sign

    def _own_inner_bias(self) -> Tensor | None:
        """``b1`` of the layer with its present ``weight``."""
        return self.inner_bias

    def _sign_of(self, scale: Tensor) -> Tensor:
        sign = torch.where(scale < 0, -1.0, 1.0).to(self.w_prime.dtype)
        return sign.view(-1, *[1] * (self.w_prime.ndim // 2))

    def _known(self, scale: Tensor) -> Tensor:
        """``scale``, with 1 where it is not known and the channel has no collision term."""
        unknown = ~scale.isfinite()
        silent = (self.w_prime == 0).reshape(len(scale), -1).all(1)
        if self.inner_bias is not None:
            silent = silent & (self.inner_bias == 0)
        if (unknown & ~silent).any():
            raise ValueError(
                f'{type(self).__name__}: the weights of a channel are all 0, so the scale of the '
                'norm that is folded into them cannot be told; call switch_to_deploy() of the '
                'backbone instead'
            )
        return scale.where(~unknown, 1.0)

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *args) -> None:
        if any(name.startswith(prefix) for name in state):  # else the state is of other layers
            folded = state.get(f'{prefix}sign')
            self.sign = None if folded is None else torch.ones_like(folded).to(self.w_prime)
        self._is_loading = True
        try:
            super()._load_from_state_dict(state, prefix, *args)
        finally:
            self._is_loading = False


def _are_alike(old: Tensor, new: Tensor) -> bool:
    fits = old.shape == new.shape and old.device == new.device
    return fits and new is not old and not new.is_meta


def _like(values: Tensor, tensor: Tensor) -> Tensor:
    """(C,) in the shape and dtype that multiplies ``tensor``, (C, ...), channel by channel."""
    return values.to(tensor.dtype).view(-1, *[1] * (tensor.ndim - 1))


@torch.no_grad()
def _scale_of(old: Tensor, new: Tensor) -> Tensor | None:
    """The factor of each channel that makes ``new`` of ``old``, or None if there is none.

    It is NaN where all weights of a channel are 0, unless ``new`` is the same weight once more.
    """
    rows, scaled = (weight.detach().double().flatten(1) for weight in (old, new))
    if torch.equal(rows, scaled) and rows.any():
        return rows.new_ones(len(rows))
    scale = _ratio(rows, scaled)
    limits = torch.finfo(new.dtype)
    off = (scaled - scale.nan_to_num()[:, None] * rows).abs()
    return scale if (off <= 4 * limits.eps * scaled.abs() + limits.tiny).all() else None


def _ratio(old: Tensor, new: Tensor) -> Tensor:
    """The factor of each channel between two weights, NaN where all weights of ``old`` are 0."""
    dtype = torch.promote_types(old.dtype, torch.float32)
    rows, scaled = (weight.to(dtype).flatten(1) for weight in (old, new))
    peak = rows.detach().abs().amax(1, keepdim=True)  # the squares of small weights would be 0
    rows, scaled = rows / peak, scaled / peak
    return (rows * scaled).sum(1) / rows.square().sum(1)
