"""Any registered backbone with some of its layers exchanged for others."""

import copy
import re
from collections.abc import Sequence

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import Tensor, nn

from ..checkpoint import Match
from ..errors import one_line
from ..registry import MODELS
from .by_name import LoadsByName, init_by_name


@MODELS.register_module()
class AdaptedBackbone(BaseBackbone):
    """A backbone of mmpretrain, mmdet, timm or this project, adapted.

    Input and output as the inner backbone's, whose arguments, freezing, ``norm_eval``, ``init_cfg``
    and pretrained weights keep working; a ``Pretrained`` one loads by name, never silently. The
    state dict has the inner backbone's names, so that checkpoints of one fit the other. On its own
    this class gives a network for small images: the plain twin of what its subclasses make.

    Args:
        backbone: Config of the inner one, as ``dict(type='mmpretrain.ResNeXt', depth=50)``.
        unstrided: Regular expression of the names of layers whose stride becomes 1.
        init_cfg: Is the inner backbone's: to be given in ``backbone``.

    Attributes:
        out_channels: Channels of each output.
        out_strides: Stride of each output against the input; 0 where it is no map.

    Raises:
        ValueError: ``unstrided`` matches no layer with a stride, or ``init_cfg`` is given here.
    """

    def __init__(
        self, backbone: dict, unstrided: str | None = None, init_cfg: dict | None = None
    ) -> None:
        if init_cfg is not None:
            raise ValueError(
                f'{type(self).__name__} has no init_cfg of its own: give it in backbone=dict(...)'
            )
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self._register_state_dict_hook(_leave_out_prefix)
        self._register_load_state_dict_pre_hook(_put_in_prefix)
        if unstrided is not None:
            unstride(self.inner, unstrided)
        self.adapt(self.inner)
        self.backbone.train(self.training)  # freezes what has been put in
        self.out_channels, self.out_strides = outputs(self.backbone)

    @property
    def inner(self) -> nn.Module:
        """The backbone that is no wrapper, whose names the state dict and all rules have."""
        return self._chain()[-1]

    def _chain(self) -> list[nn.Module]:
        """This wrapper, those inside it, and the innermost backbone."""
        chain: list[nn.Module] = [self]
        while isinstance(chain[-1], AdaptedBackbone):
            chain.append(chain[-1].backbone)
        return chain

    def adapt(self, net: nn.Module) -> None:
        """Change ``net``, the innermost backbone, in place."""

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The checkpoint's tensors as the adapted layers are to load them."""
        return state

    def after_init(self, match: Match | None) -> None:
        """Called when the inner weights have been drawn (None) or loaded."""

    def init_weights(self) -> None:
        if self.is_init:
            return
        *wrappers, inner = self._chain()
        hooks = [inner] * isinstance(inner, LoadsByName) + wrappers[::-1]

        def adapt_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
            for hook in hooks:
                state = hook.adapt_state(state)
            return state

        def after_init(match: Match | None) -> None:
            for hook in hooks:
                hook.after_init(match)

        init_by_name(inner, inner.init_weights, after_init, adapt_state)
        for wrapper in wrappers:
            wrapper.is_init = True

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.backbone(x)

    def train(self, mode: bool = True) -> 'AdaptedBackbone':
        super().train(mode)
        return self


_PREFIX = 'backbone.'


def _leave_out_prefix(_, state: dict[str, Tensor], prefix: str, *__) -> None:
    for name in [name for name in state if name.startswith(prefix + _PREFIX)]:
        state[prefix + name[len(prefix + _PREFIX) :]] = state.pop(name)


def _put_in_prefix(state: dict[str, Tensor], prefix: str, *_) -> None:
    for name in [name for name in state if name.startswith(prefix)]:
        state[prefix + _PREFIX + name[len(prefix) :]] = state.pop(name)


_STRIDED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)


def unstride(net: nn.Module, pattern: str) -> None:
    """Set the stride of the layers whose whole dotted name matches to 1.

    Raises:
        ValueError: There are none.
    """
    found = [
        module
        for name, module in net.named_modules()
        if re.fullmatch(pattern, name) and isinstance(module, _STRIDED)
    ]
    if not found:
        strided = [
            name
            for name, module in net.named_modules()
            if isinstance(module, _STRIDED) and module.stride not in (1, (1, 1))
        ]
        raise ValueError(
            f'unstrided={pattern!r} matches no layer of {type(net).__name__}; with a stride are '
            + ', '.join(strided)
        )
    for module in found:
        module.stride = (1, 1) if isinstance(module.stride, tuple) else 1


def outputs(net: nn.Module) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Channels and strides of a backbone's maps, without computing them.

    Args:
        net: Is not changed.

    Raises:
        ValueError: It gives no maps for an image of 3 channels, nor of its first convolution's.
    """
    twin = copy.deepcopy(net).to('meta')
    twin.eval()
    convs = [module for module in twin.modules() if isinstance(module, nn.Conv2d)]
    sizes = 1024, 2048  # the difference of two is exact where a network does not pad
    for channels in (3, *(conv.in_channels for conv in convs[:1])):
        try:
            small, large = (_maps(twin, channels, size) for size in sizes)
        except Exception as error:  # a foreign network can raise anything
            reason = one_line(error)
            continue
        strides = (
            round((sizes[1] - sizes[0]) / (b.shape[-1] - a.shape[-1])) if a.ndim == 4 else 0
            for a, b in zip(small, large, strict=True)
        )
        return tuple(feature.shape[1] for feature in small), tuple(strides)
    raise ValueError(f'{type(net).__name__} cannot be adapted: it gives no maps ({reason})')


@torch.no_grad()
def _maps(net: nn.Module, channels: int, size: int) -> Sequence[Tensor]:
    maps = net(torch.empty(1, channels, size, size, device='meta'))
    maps = [maps] if isinstance(maps, Tensor) else maps
    if not all(isinstance(feature, Tensor) for feature in maps):
        raise TypeError('an output is no tensor')
    return maps
