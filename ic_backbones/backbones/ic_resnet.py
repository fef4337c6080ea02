"""IC-ResNet: mmpretrain's ResNet with inter-layer collision convolutions in its blocks.

Source: An et al., "IC Networks: Remodeling the Basic Unit for Convolutional Neural Networks"
(https://arxiv.org/abs/2102.03495), sections 3.2 and 4.1 (``variant`` '3x3', 'B' and 'C');
"Inter-layer Collision Networks" (https://arxiv.org/abs/1911.08252), figure 3c (``'minus'``, the IC
block⁻).
"""

import copy
from collections.abc import Callable

import torch.fx
import torch.nn as nn
import torch.utils.checkpoint as cp
from mmpretrain.models.backbones import ResNet_CIFAR
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor

from ..inject import Rule, convs_named, inject, to_ic_conv
from ..ops.collision import collision
from ..ops.fx_step import one_step
from ..ops.ic_layer import ICLayer, init_w_prime_
from ..ops.memory_format import in_format_of
from ..ops.window import Window, area_of
from ..registry import MODELS
from .by_name import LoadsByName
from .deployable import Deployable
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


class ICBasicBlockMinus(ICLayer, BasicBlock):
    """IC block⁻: plain convolutions, one collision term from the block's input to its end.

    With ``u2 = conv2(relu(bn1(conv1(x))))``:

        out = relu(bn2(u2) + alpha * norm_local(relu(u2 - W' . (1 (^*) x))) + shortcut(x))

    The box sum has ``conv1``'s kernel size, stride, padding and dilation. Reading: ``alpha`` stands
    outside the normalisation, which would cancel it.
    """

    own_tensors = ('w_prime', 'alpha', 'norm_local')
    scaled_to = 'conv1.weight'
    unfolded = ('conv2',)  # the collision term needs its own output

    @classmethod
    def from_block(cls, block: BasicBlock, alpha: float, alpha_mode: str) -> 'ICBasicBlockMinus':
        """The IC block⁻ around the very layers of ``block``, under their own names.

        Args:
            block: The plain block.
            alpha: The scale of the collision term, or the value that it starts from.
            alpha_mode: See ``ICLayer.set_alpha``.
        """
        minus = cls(
            block.in_channels,
            block.out_channels,
            stride=block.stride,
            dilation=block.dilation,
            with_cp=block.with_cp,
            conv_cfg=block.conv_cfg,
            norm_cfg=block.norm_cfg,
        )
        for name, child in block.named_children():
            setattr(minus, name, child)
        minus.norm_local = copy.deepcopy(block.norm2)
        shape = (block.out_channels, block.in_channels, 1, 1)
        minus.add_own_tensors(block.conv1.weight.data.new_empty(shape), alpha, alpha_mode)
        return minus.train(block.training)

    @property
    def area(self) -> int:
        return area_of(Window.of(self.conv1))

    def init_w_prime(self) -> None:
        """Draw ``w_prime`` again, to the scale that ``conv1`` has now, around 0 for any ``alpha``.

        ``norm_local`` keeps the term from blowing up, but would amplify an almost inactive one.
        If ``norm2`` starts at 0, as with mmpretrain's ``zero_init_residual``, so does
        ``norm_local``: the whole block starts as its shortcut. Where ``alpha`` starts at 0,
        ``norm_local`` does not, because neither would ever leave 0.
        """
        init_w_prime_(self.w_prime, self.conv1.weight, 0.0)
        weight = getattr(self.norm2, 'weight', None)
        if weight is not None and not weight.is_meta:
            starts_at_zero = self.alpha != 0 and not weight.any()
            nn.init.constant_(self.norm_local.weight, 0 if starts_at_zero else 1)

    @one_step
    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.norm2, nn.Identity):
            raise RuntimeError(
                'IC block⁻: its second norm has been folded away, but its collision term needs '
                'the output before this norm; call switch_to_deploy() of the backbone instead'
            )
        alpha = self.effective_alpha()

        def branches(x: Tensor) -> Tensor:
            u2 = self.conv2(self.relu(self.norm1(self.conv1(x))))
            out = self.norm2(u2)
            if not isinstance(alpha, float) or alpha:
                local = collision(u2, x, self.w_prime, Window.of(self.conv1))
                out = out + alpha * self.norm_local(local)
            shortcut = x if self.downsample is None else self.downsample(x)
            return self.drop_path(out).add_(shortcut)

        if self.with_cp and x.requires_grad:
            return self.relu(cp.checkpoint(branches, x, use_reentrant=False))
        return self.relu(branches(x))


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
        alpha: The scale of the collision terms, or its start: 1 (the default) from scratch, 0 to
            start from plain weights.
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
