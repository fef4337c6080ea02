"""What all inter-layer collision (IC) layers share: ``alpha``, the start of ``W'``, loading."""

import math
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from typing import Any

import torch
import torch.nn as nn
import torch.nn.utils.parametrize as parametrize
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmcv.cnn.bricks.wrappers import Conv2d as MMCVConv2d
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from .low_memory import is_compiling, is_transformed

# The state-dict names of W' in a layer: as it is, pruned, parametrized.
W_PRIME_NAMES = 'w_prime', 'w_prime_orig', 'parametrizations.w_prime.original'
# The versions of those that come from checkpoints; as attributes they would be saved with them.
loaded_versions: MutableMapping[Tensor, int] = WeakTensorKeyDictionary()

ALPHA_MODES = ('constant', 'learned', 'scheduled')
PLAIN_CONVS = nn.Conv2d, MMCVConv2d, Conv2dAdaptivePadding  # with no more than a convolution


class ICLayer(nn.Module, ABC):
    """Mixin of the layers that have a collision term.

    A layer calls :meth:`add_own_tensors` once its plain weights are there. If a state dict holds
    only the plain weights, like a plain network's, ``W'`` is drawn again, to the scale of the
    weights that have been loaded and the same on every rank.

    Attributes:
        own_tensors: The beginnings of the state-dict names that a plain layer does not have.
        scaled_to: The state-dict name of the weight to whose scale ``W'`` is drawn.
        w_prime: ``W'``, times the number of values whose mean it multiplies: :attr:`area` times
            :attr:`summed_channels`. The state dicts of version 1 held ``W'`` itself, those of
            version 2 left out the channels; they are converted when they are loaded. The version
            is among the metadata that PyTorch saves with a state dict; the loader of checkpoints
            keeps it for the tensor as well. Tensors without any, such as a ``.safetensors`` file's,
            are taken to be of the present version.
        alpha: The scale of the collision term, a float, a parameter or a buffer.
        alpha_mode: ``'constant'``, ``'learned'`` or ``'scheduled'``.
        found: Those of ``own_tensors`` that the last state dict held; None if it held neither the
            plain weight nor ``W'``.
    """

    _version = 3
    own_tensors: tuple[str, ...] = ('w_prime', 'alpha', 'inner_bias')
    scaled_to = 'weight'
    found: frozenset[str] | None = None

    def add_own_tensors(
        self, w_prime: Tensor, alpha: float, alpha_mode: str, inner_bias: Tensor | None = None
    ) -> None:
        """Add ``w_prime``, ``inner_bias`` and ``alpha``, and draw ``w_prime``.

        Args:
            w_prime: A tensor of the shape, dtype and device that ``W'`` will have.
            alpha: The value of ``alpha``, or the value that it starts from.
            alpha_mode: See :meth:`set_alpha`.
            inner_bias: The start of ``b1``, or None for a layer without it.

        Raises:
            ValueError: There is no such ``alpha_mode``.
        """
        self.w_prime = nn.Parameter(w_prime)
        self.inner_bias = None if inner_bias is None else nn.Parameter(inner_bias)
        self.set_alpha(alpha, alpha_mode)
        self.register_load_state_dict_post_hook(_draw_missing)
        self.init_w_prime()
        self.freeze_with_weight()

    def set_alpha(self, alpha: float, mode: str) -> None:
        """Set the scale of the collision term.

        A constant 0 leaves nothing to learn, so the term's parameters then need no gradient.

        Args:
            alpha: The value, or the value that it starts from.
            mode: ``'constant'`` (a float, not saved), ``'learned'`` (a 0-dim parameter) or
                ``'scheduled'`` (a 0-dim buffer, which a hook fills).

        Raises:
            ValueError: There is no such mode, or ``alpha`` is not finite.
        """
        if mode not in ALPHA_MODES:
            raise ValueError(f'alpha_mode: {mode!r} does not exist; take one of {ALPHA_MODES}')
        if not math.isfinite(float(alpha)):
            raise ValueError(f'alpha: {alpha} is not a finite number; give one, such as 1.0')
        was_off = isinstance(getattr(self, 'alpha', None), float) and self.alpha == 0
        is_off = mode == 'constant' and alpha == 0
        if is_off != was_off:
            self._let_learn(was_off)
        if hasattr(self, 'alpha'):
            del self.alpha
        value = torch.tensor(float(alpha), device=self.w_prime.device)
        if mode == 'learned':
            self.alpha = nn.Parameter(value)
        elif mode == 'scheduled':
            self.register_buffer('alpha', value)
        else:
            self.alpha = float(alpha)
        self.alpha_mode = mode

    def freeze_with_weight(self) -> None:
        """Freeze the layer's own tensors if its plain weight is frozen, as in a frozen stage."""
        if not self.get_parameter(self.scaled_to).requires_grad:
            self._let_learn(False)

    def _let_learn(self, learns: bool) -> None:
        for name, parameter in self.named_parameters():
            if name.startswith(self.own_tensors):
                parameter.requires_grad_(learns)

    def effective_alpha(self) -> float | Tensor:
        """``alpha``, or the float 0 if it is a tensor of 0 and neither it nor ``W'`` can learn.

        That is the case in frozen stages that started from plain weights. The tensor is read on a
        CPU only, because a program on a GPU would wait for it in every layer.
        """
        alpha = self.alpha
        if isinstance(alpha, float) or is_compiling() or is_transformed():
            return alpha
        if alpha.device.type != 'cpu':
            return alpha
        is_frozen = not (alpha.requires_grad or self.w_prime.requires_grad)
        return 0.0 if is_frozen and alpha == 0 else alpha

    @property
    def is_plain(self) -> bool:
        """Whether the collision term is 0 for any input."""
        return bool(self.alpha == 0)

    @property
    def area(self) -> int:
        """The number of pixels of the window whose mean ``w_prime`` multiplies."""
        return 1

    @property
    def summed_channels(self) -> int:
        """The number of channels whose mean ``w_prime`` multiplies."""
        return 1

    @abstractmethod
    def init_w_prime(self, generator: torch.Generator | None = None) -> None:
        """Draw ``w_prime`` again, to the scale that the layer's weights have now.

        Args:
            generator: The source of the random numbers; PyTorch's own by default.
        """

    def _load_from_state_dict(
        self, state: dict[str, Tensor], prefix: str, metadata: dict, *args
    ) -> None:
        found = frozenset(own for own in self.own_tensors if _holds(state, prefix + own))
        is_loaded = 'w_prime' in found or prefix + self.scaled_to in state
        self.found = found if is_loaded else None
        for name in (prefix + own for own in W_PRIME_NAMES if prefix + own in state):
            noted = loaded_versions.get(state[name]) or metadata.get('version')
            version = noted or self._version
            area = self.area if version < 2 else 1
            channels = self.summed_channels if version < 3 else 1
            if area * channels > 1:
                state[name] = state[name] * area * channels
        super()._load_from_state_dict(state, prefix, metadata, *args)


def _holds(state: Mapping[str, Tensor], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in state)


def _draw_missing(layer: ICLayer, _) -> None:
    is_own = 'w_prime' in layer._parameters  # and neither pruned nor parametrized
    if layer.found is None or 'w_prime' in layer.found or not is_own or layer.w_prime.is_meta:
        return
    weight = layer.get_parameter(layer.scaled_to)
    seed = zlib.crc32(weight.detach().float().cpu().numpy().tobytes())
    layer.init_w_prime(generator=torch.Generator(weight.device).manual_seed(seed))


def ic_layers(net: nn.Module) -> dict[str, ICLayer]:
    """The IC layers in ``net``, by their dotted names."""
    return {name: module for name, module in net.named_modules() if isinstance(module, ICLayer)}


def ic_tensors(net: nn.Module) -> set[str]:
    """The state-dict names of ``net`` that a plain network's checkpoint does not hold."""
    own = {
        id(tensor)
        for layer in ic_layers(net).values()
        for name, tensor in layer.state_dict(keep_vars=True).items()
        if name.startswith(layer.own_tensors)
    }
    return {name for name, tensor in net.state_dict(keep_vars=True).items() if id(tensor) in own}


def has_additions(conv: nn.Module) -> bool:
    """Whether ``conv`` has additions that its replacement would not have.

    They are hooks of any kind (old ``weight_norm`` is one), a ``forward`` put on it, and a
    parametrization.
    """
    hooked = any(value for name, value in vars(conv).items() if name.endswith('_hooks'))
    return hooked or 'forward' in vars(conv) or parametrize.is_parametrized(conv)


def settings_of(conv: nn.Conv2d) -> dict[str, Any]:
    """The arguments of ``nn.Conv2d`` with which ``conv`` is built again."""
    names = 'in_channels out_channels kernel_size stride padding dilation groups padding_mode'
    settings = {name: getattr(conv, name) for name in names.split()}
    weight = conv.weight
    return settings | dict(bias=conv.bias is not None, device=weight.device, dtype=weight.dtype)


def alphas(state: Mapping[str, Tensor]) -> dict[str, float]:
    """Learned and scheduled alphas of a state dict, by the names of their layers."""
    layers = (name.removesuffix('.w_prime') for name in state if name.endswith('.w_prime'))
    return {name: float(state[f'{name}.alpha']) for name in layers if f'{name}.alpha' in state}


@torch.no_grad()
def init_w_prime_(
    w_prime: Tensor,
    weight: Tensor,
    alpha: float | Tensor,
    generator: torch.Generator | None = None,
) -> None:
    """Draw ``W'`` to the scale of ``W``; the papers leave it open, so this is our reading.

    With ``alpha != 0`` the term counts from the start. A zero-mean ``W'`` would give every layer a
    gain of 1.5 and more, which blows up over a deep network. So ``W'`` is uniform with the mean at
    which ``W' . (1 (^*) x)`` is two standard deviations of ``W (*) x`` for a rectified normal ``x``
    (sqrt(pi) is its root mean square over its mean): most of the ReLU is silent, the layer starts
    close to the plain convolution (theorem 2) and the gain is 1.03; in eq. 5,
    whose sum over the channels varies less, it is 1.15.

    With ``alpha = 0`` nothing can blow up, and an active term gives ``alpha`` a gradient: ``W'`` is
    uniform around 0, with ``W' . (1 (^*) x)`` about as large as ``W (*) x``.

    Args:
        w_prime: The tensor to fill in place, (C, columns, 1, 1), in the unit of
            ``ICLayer.w_prime``.
        weight: ``W``, (C, C'/groups, kH, kW).
        alpha: The value that ``alpha`` starts from.
        generator: The source of the random numbers; PyTorch's own by default.
    """
    if w_prime.is_meta:
        return
    fan_in = weight[0].numel()
    averaged = fan_in // w_prime.shape[1]  # a window, or in eq. 5 that of all channels of a group
    rms = weight.square().mean().sqrt()
    if alpha == 0:
        bound = math.sqrt(3 * averaged)
        w_prime.uniform_(-bound, bound, generator=generator).mul_(rms)
    else:
        bound = 4 * averaged * math.sqrt(math.pi / fan_in)
        w_prime.uniform_(0, bound, generator=generator).mul_(rms)
