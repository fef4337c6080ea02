"""IC-ResNet: mmpretrain's ResNet with inter-layer collision convolutions in its blocks.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), sections 3.2 and 4.1.
"""

from collections.abc import Callable

import torch.fx
import torch.nn as nn
from mmpretrain.models.backbones import ResNet_CIFAR
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor

from ..inject import Rule, convs_named, inject, to_ic_conv
from ..ops.memory_format import in_format_of
from ..registry import MODELS
from .by_name import LoadsByName
from .deployable import Deployable
from .ic_block_minus import ICBasicBlockMinus
from .ic_start import log_ic_start
from .trimmed_resnet import TrimmedResNet

torch.fx.wrap('in_format_of')

_OF_MMDET = ('dcn', 'plugins')

# Which of a block's convolutions become IC layers; shortcut and stem stay plain.
_CONVS = {
    '3x3': {BasicBlock: 'conv[12]', Bottleneck: 'conv2'},
    'B': {Bottleneck: 'conv[12]'},
    'C': {Bottleneck: 'conv[123]'},
}


@MODELS.register_module()
class ICResNet(Deployable, LoadsByName, TrimmedResNet):
    """mmpretrain's ResNet whose blocks hold IC layers.

    Input (N, in_channels, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), one for each of ``out_indices``. A plain ResNet's checkpoint (torchvision,
    mmpretrain, mmdet) loads by name; with ``alpha = 0`` the features are the plain network's.

    Args:
        depth: The depth: 18, 34, 50, 101 or 152.
        variant: The convolutions that become IC layers: ``'3x3'`` (the default), the 3x3
            convolutions of the blocks; ``'B'``, also the first 1x1 convolution of each bottleneck;
            ``'C'``, also its second one; ``'minus'``, IC block⁻ (depths 18 and 34).
        alpha: The scale of the collision terms, or its start: 1 (the default), as in the papers,
            or 0 to start from plain weights. From scratch, 0 and ``'learned'`` were better than 1
            in a narrow network of depth 50 (docs/results_ic.md).
        alpha_mode: ``'constant'`` (the default), ``'learned'`` (one scalar for each layer) or
            ``'scheduled'`` (``AlphaScheduleHook`` sets it).
        scalar: Whether the IC layers have the form of eq. 5, which eq. 6 replaces: one scalar for
            each output channel over the sum of all input channels. Not for ``'minus'``.
        deploy: Whether the network has the form that ``switch_to_deploy`` gives it, for inference
            with a checkpoint saved in that form.
        kwargs: The arguments of mmpretrain's ResNet, such as ``out_indices`` (the stages to return,
            from 0; stages after the last one are not built), ``frozen_stages``, ``norm_eval``,
            ``style``, ``with_cp`` and ``init_cfg``.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: The depth does not have this variant or stage, the variant has no scalar form,
            or an argument is one that only mmdet's ResNet has.
    """

    def __init__(
        self,
        depth: int,
        variant: str = '3x3',
        alpha: float = 1.0,
        alpha_mode: str = 'constant',
        scalar: bool = False,
        deploy: bool = False,
        **kwargs,
    ) -> None:
        if foreign := [name for name in _OF_MMDET if name in kwargs]:
            raise ValueError(
                f"{foreign[0]}: only mmdet's ResNet has this argument; put IC layers into that "
                f"one: type='ic_backbones.ICBackbone', convs=r'layer.*conv2', "
                f"backbone=dict(type='mmdet.ResNet', depth={depth}, {foreign[0]}=...)"
            )
        super().__init__(depth, **kwargs)
        rule, make = self._ic_rule(variant)
        settings = dict(alpha=alpha, alpha_mode=alpha_mode)
        if variant != 'minus':
            settings['scalar'] = scalar
        elif scalar:
            raise ValueError(
                "scalar: variant 'minus' does not have the form of eq. 5; leave it out"
            )
        inject(self, rule, lambda module: make(module, **settings))
        self.register_load_state_dict_post_hook(log_ic_start)
        self._freeze_stages()
        if deploy:
            self.switch_to_deploy()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = super().forward(x)
        return in_format_of(x, maps) if self.deployed else maps

    def _ic_rule(self, variant: str) -> tuple[Rule, Callable[..., nn.Module]]:
        if variant == 'minus' and self.block is BasicBlock:
            return lambda _, module: isinstance(module, BasicBlock), ICBasicBlockMinus.from_block
        if self.block not in _CONVS.get(variant, {}):
            fitting = [name for name, blocks in _CONVS.items() if self.block in blocks]
            fitting += ['minus'] * (self.block is BasicBlock)
            raise ValueError(
                f'variant: {variant!r} does not exist for depth {self.depth}; take one of {fitting}'
            )
        return convs_named(rf'layer\d+\.\d+\.{_CONVS[variant][self.block]}'), to_ic_conv


@MODELS.register_module()
class ICResNet_CIFAR(ICResNet, ResNet_CIFAR):
    """:class:`ICResNet` with mmpretrain's CIFAR stem: a 3x3 convolution of stride 1, no pooling."""

    stem_stride = 1
