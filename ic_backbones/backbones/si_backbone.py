"""Group convolutions with exchange shortcuts in backbones of mmpretrain's residual blocks.

Source: Yao et al., "Super Interaction Neural Networks" (https://arxiv.org/abs/1905.12349), section
4.2, table 3.
"""

import torch
import torch.utils.checkpoint as cp
from mmcv.cnn import DepthwiseSeparableConvModule
from mmpretrain.models.backbones.mobilenet_v2 import InvertedResidual
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor, nn

from ..inject import convs_named, inject
from ..ops.ic_layer import has_additions, settings_of
from ..ops.super_interaction import Exchange, require_groups
from ..registry import MODELS
from .adapted import AdaptedBackbone


@MODELS.register_module()
class SIBackbone(AdaptedBackbone):
    """A backbone whose convolutions are grouped and whose identity shortcuts exchange the groups.

    The blocks that exchange are mmpretrain's BasicBlock, Bottleneck and InvertedResidual; mmcv's
    depthwise-separable layer, which has no shortcut, gets one if its shape stays.

    Args:
        backbone: The config of the inner backbone, such as
            ``dict(type='mmpretrain.ResNet', depth=34)``.
        convs: A regular expression of the names of the convolutions that become group convolutions;
            they keep the diagonal blocks of their weights.
        groups: The number of groups of the convolutions and of the exchange; 2 in the paper.
        exchange: Whether the shortcuts exchange the groups; otherwise the network only has group
            convolutions.
        kwargs: ``unstrided`` and ``deploy`` of :class:`AdaptedBackbone`.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input; 0 if the output is not a map.

    Raises:
        ValueError: ``convs`` matches nothing or a convolution that cannot be grouped, or the
            network has no block that can exchange.
    """

    def __init__(
        self, backbone: dict, convs: str, groups: int = 2, exchange: bool = True, **kwargs
    ) -> None:
        require_groups(0, groups)
        self.convs, self.groups, self.exchange = convs, groups, exchange
        super().__init__(backbone, **kwargs)

    def adapt(self, net: nn.Module) -> None:
        self._grouped = inject(
            net, convs_named(self.convs), lambda conv: to_grouped(conv, self.groups)
        )
        if self.exchange:
            if not any(map(can_exchange, net.modules())):
                raise ValueError(
                    f'{type(net).__name__}: has no block with a shortcut that can exchange '
                    "(mmpretrain's BasicBlock, Bottleneck and InvertedResidual, mmcv's "
                    'DepthwiseSeparableConvModule); give exchange=False'
                )
            inject(
                net,
                lambda _, module: can_exchange(module),
                lambda block: with_exchange(block, self.groups),
            )

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take the diagonal blocks of a plain network's weights."""
        state = dict(super().adapt_state(state))
        for name in self._grouped:
            weight, own = state.get(f'{name}.weight'), self.inner.get_submodule(name).weight
            if weight is not None and weight.shape[1] == self.groups * own.shape[1]:
                state[f'{name}.weight'] = diagonal_blocks(weight, self.groups)
        return state


def to_grouped(conv: nn.Module, groups: int) -> nn.Conv2d:
    """The group convolution in the place of a full one, with the diagonal blocks of its weight.

    Args:
        conv: The full convolution.
        groups: The number of groups.

    Raises:
        TypeError: ``conv`` is not a full convolution, or its channels cannot be divided.
    """
    if type(conv) is not nn.Conv2d or conv.groups != 1 or has_additions(conv):
        raise TypeError(
            f'this {type(conv).__name__} cannot become a group convolution: only a full nn.Conv2d '
            'without hooks or parametrization can; leave it out of convs'
        )
    if conv.in_channels % groups or conv.out_channels % groups:
        raise TypeError(
            f'{conv.in_channels} to {conv.out_channels} channels cannot be divided into {groups} '
            'groups; leave it out of convs'
        )
    grouped = nn.Conv2d(**dict(settings_of(conv), groups=groups))
    grouped.weight.data.copy_(diagonal_blocks(conv.weight.data, groups))
    grouped.weight.requires_grad_(conv.weight.requires_grad)
    grouped.bias = conv.bias
    return grouped.train(conv.training)


def diagonal_blocks(weight: Tensor, groups: int) -> Tensor:
    """The diagonal blocks of a full convolution's weight.

    Args:
        weight: The weight, (C, C', k, k).
        groups: The number of groups.

    Returns:
        (C, C' / groups, k, k).
    """
    blocks = (row.chunk(groups, 1)[group] for group, row in enumerate(weight.chunk(groups)))
    return torch.cat(list(blocks))


class ExchangingInvertedResidual(InvertedResidual):
    """mmpretrain's block with an exchange as its shortcut."""

    def forward(self, x: Tensor) -> Tensor:
        if self.with_cp and x.requires_grad:
            return cp.checkpoint(self.conv, x, use_reentrant=False) + self.exchange(x)
        return self.conv(x) + self.exchange(x)


class ExchangingSeparableConv(DepthwiseSeparableConvModule):
    """mmcv's layer with an exchange as its shortcut."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.exchange(x)


def can_exchange(module: nn.Module) -> bool:
    """Whether ``module`` is a block with an identity shortcut, or could have one."""
    if isinstance(module, BasicBlock | Bottleneck):
        return module.downsample is None
    if isinstance(module, InvertedResidual):
        return module.use_res_connect
    if isinstance(module, DepthwiseSeparableConvModule):
        depthwise, pointwise = module.depthwise_conv, module.pointwise_conv
        same = depthwise.in_channels == pointwise.out_channels
        return same and depthwise.conv.stride == (1, 1)
    return False


def with_exchange(block: nn.Module, groups: int) -> nn.Module:
    """Make an exchange the shortcut of ``block``, in place.

    Args:
        block: A block that :func:`can_exchange`.
        groups: The number of groups.

    Raises:
        TypeError: The channels of the block cannot be divided into the groups.
    """
    try:
        if isinstance(block, BasicBlock | Bottleneck):
            block.downsample = Exchange(block.out_channels, groups)
            return block
        if isinstance(block, InvertedResidual):
            kind, channels = ExchangingInvertedResidual, block.conv[-1].out_channels
        else:
            kind, channels = ExchangingSeparableConv, block.pointwise_conv.out_channels
        block.exchange = Exchange(channels, groups)
        block.__class__ = kind  # the same object, so that its layers keep their names
        return block
    except ValueError as error:
        raise TypeError(str(error)) from None
