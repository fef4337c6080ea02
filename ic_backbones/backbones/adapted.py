"""Any registered backbone with some of its layers exchanged for others."""

import copy
import re
from collections.abc import Sequence

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import Tensor, nn

from ..checkpoint import Match
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
            unstride(self.backbone, unstrided)
        self.adapt()
        self.backbone.train(self.training)  # freezes what has been put in
        self.out_channels, self.out_strides = outputs(self.backbone)

    def adapt(self) -> None:
        """Change ``self.backbone`` in place."""

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The checkpoint's tensors as the adapted layers are to load them."""
        return state

    def after_init(self, match: Match | None) -> None:
        """Called when the inner weights have been drawn (None) or loaded."""

    def init_weights(self) -> None:
        if self.is_init:
            return
        inner = self.backbone
        hooks = [inner, self] if isinstance(inner, LoadsByName) else [self]

        def adapt_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
            for hook in hooks:
                state = hook.adapt_state(state)
            return state

        def after_init(match: Match | None) -> None:
            for hook in hooks:
                hook.after_init(match)

        init_by_name(inner, inner.init_weights, after_init, adapt_state)
        self.is_init = True

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


def outputs(net: nn.Module, size: int = 224) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Channels and strides of a backbone's maps, without computing them.

    Args:
        net: Is not changed.
        size: Height and width of the image in pixels.
    """
    twin = copy.deepcopy(net).to('meta')
    twin.eval()
    first = next(module for module in twin.modules() if isinstance(module, nn.Conv2d))
    image = torch.empty(1, first.in_channels * first.groups, size, size, device='meta')
    with torch.no_grad():
        maps: Sequence[Tensor] | Tensor = twin(image)
    maps = [maps] if isinstance(maps, Tensor) else maps
    return (
        tuple(feature.shape[1] for feature in maps),
        tuple(round(size / feature.shape[-1]) if feature.ndim == 4 else 0 for feature in maps),
    )
