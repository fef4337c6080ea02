"""Any registered backbone with some of its layers exchanged for others."""

import copy
import re
from collections.abc import Sequence

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import Tensor, nn

from ..checkpoint import Match
from ..registry import MODELS
from .by_name import init_by_name


@MODELS.register_module()
class AdaptedBackbone(BaseBackbone):
    """A backbone of mmpretrain, mmdet, timm or this project, adapted.

    Input and output as the inner backbone's, whose arguments, freezing, ``norm_eval``, ``init_cfg``
    and pretrained weights keep working; a ``Pretrained`` one loads by name, never silently. On its
    own this class gives a network for small images: the plain twin of what its subclasses make.

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
        if unstrided is not None:
            unstride(self.backbone, unstrided)
        self.adapt()
        self.backbone.train(self.training)  # freezes what has been put in
        self.out_channels, self.out_strides = outputs(self.backbone)

    def adapt(self) -> None:
        """Change ``self.backbone`` in place."""

    def after_init(self, match: Match | None) -> None:
        """Called when the inner weights have been drawn (None) or loaded."""

    def init_weights(self) -> None:
        if not self.is_init:
            init_by_name(self.backbone, self.backbone.init_weights, self.after_init)
            self.is_init = True

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.backbone(x)

    def train(self, mode: bool = True) -> 'AdaptedBackbone':
        super().train(mode)
        return self


def unstride(net: nn.Module, pattern: str) -> None:
    """Set the stride of the layers whose whole dotted name matches to 1.

    Raises:
        ValueError: There are none.
    """
    found = [
        module
        for name, module in net.named_modules()
        if re.fullmatch(pattern, name) and hasattr(module, 'stride')
    ]
    if not found:
        strided = [n for n, m in net.named_modules() if getattr(m, 'stride', 1) not in (1, (1, 1))]
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
    with torch.no_grad():
        maps: Sequence[Tensor] | Tensor = twin(torch.empty(1, 3, size, size, device='meta'))
    maps = [maps] if isinstance(maps, Tensor) else maps
    return (
        tuple(feature.shape[1] for feature in maps),
        tuple(round(size / feature.shape[-1]) if feature.ndim == 4 else 0 for feature in maps),
    )
