"""SINet: inverted residuals in two groups that exchange their inputs.

Source: Yao et al., "Super Interaction Neural Networks" (https://arxiv.org/abs/1905.12349), section
3.4 and table 1, whose columns for expansion and repetition are lost: docs/sinet.md gives the
reading and its counts.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from mmengine.model import Sequential
from mmpretrain.models.utils import make_divisible
from torch import Tensor, nn

from ..errors import InputError
from ..inject import inject
from ..ops.memory_format import in_format_of
from ..ops.si_deploy import ClampedConv, DeployedSIUnit, clamped, require_bn
from ..ops.super_interaction import DenseFunnel, SIUnit, conv_layer
from ..registry import MODELS
from .staged import Staged

torch.fx.wrap('in_format_of')


@MODELS.register_module()
class SINet(Staged):
    """Stem and blocks of SI units.

    Input (N, 3, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), rounded up, one for each of ``out_indices``. The stem's 21 filters and the
    3 channels of the pooled image give 24 channels.

    Args:
        width: The factor of ``channels``, which are rounded to multiples of 8; the paper has 1.0,
            1.2, 1.6 and 1.8.
        channels: The number of output channels of each block, for ``width=1``.
        units: The number of units of each block.
        kernel_sizes: The kernel size of each block's depthwise convolutions.
        strides: The stride of each block's first unit.
        expand_ratios: The number of hidden channels over that of input channels, for each block.
        stem_stride: The stride of the stem; 1 for small images.
        groups: The number of groups of the pointwise convolutions; 2 in the paper.
        exchange: Whether the shortcuts exchange the groups; otherwise they are identities.
        funnel: Whether a dense funnel follows each shortcut, except in block 1, which has none; a
            dict gives the ``start`` and ``norm_cfg`` of :class:`~ic_backbones.ops.DenseFunnel`.
        out_indices: The blocks to return, from 0; blocks after the last one are not built.
        frozen_stages: What does not learn: nothing (-1), the stem (0), or the stem and the first n
            blocks (n).
        norm_eval: Whether BN uses its running statistics in training.
        with_cp: Whether to recompute each unit in the backward pass, which saves memory.
        norm_cfg: The norm's config; BN by default.
        act_cfg: The activation's config; ReLU6 by default.
        order: ``('conv', 'norm', 'act')``, or the paper's ``('conv', 'act', 'norm')``.
        deploy: Whether the network has the form that ``switch_to_deploy`` gives it, for inference
            with a checkpoint saved in that form.
        init_cfg: The initialisation config of mmengine's ``BaseModule``; by default Kaiming's for
            convolutions.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: A block does not exist, the lists have different lengths, or the channels cannot
            be divided into the groups.
        InputError: Weights that are loaded belong to the other ``order``.
    """

    def __init__(
        self,
        width: float = 1.0,
        *,
        channels: Sequence[int] = (24, 40, 80, 96, 192),
        units: Sequence[int] = (1, 2, 6, 6, 6),
        kernel_sizes: Sequence[int] = (3, 5, 5, 3, 5),
        strides: Sequence[int] = (1, 2, 2, 2, 2),
        expand_ratios: Sequence[int] = (1, 2, 2, 2, 2),
        stem_stride: int = 2,
        groups: int = 2,
        exchange: bool = True,
        funnel: bool | dict = True,
        out_indices: Sequence[int] = (4,),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        order: tuple[str, str, str] = ('conv', 'norm', 'act'),
        deploy: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(len(channels), out_indices, frozen_stages, norm_eval, init_cfg)
        lists = dict(
            units=units, kernel_sizes=kernel_sizes, strides=strides, expand_ratios=expand_ratios
        )
        for name, values in lists.items():
            if len(values) != len(channels) or min(values) < 1:
                raise ValueError(
                    f'{name}: {tuple(values)} does not fit channels; give {len(channels)} numbers '
                    'of 1 or more'
                )
        rows = list(zip(channels, *lists.values(), strict=True))
        layer = dict(
            norm_cfg=norm_cfg or dict(type='BN'),
            act_cfg=act_cfg or dict(type='ReLU6', inplace=True),
            order=order,
        )
        blocks, outputs, out_strides = [], [SIStem.out_channels], [stem_stride]
        for index, (base, count, kernel_size, stride, ratio) in enumerate(rows[: self.built]):
            made, out = [], make_divisible(base * width, 8)
            for number in range(count):
                unit = SIUnit(
                    out if number else outputs[-1],
                    out,
                    kernel_size,
                    1 if number else stride,
                    ratio,
                    groups,
                    exchange,
                    funnel if index else False,
                    **layer,
                    with_cp=with_cp,
                )
                made.append(unit)
            blocks.append(Sequential(*made))
            outputs.append(out)
            out_strides.append(out_strides[-1] * stride)
        self.set_blocks(SIStem(stem_stride, **layer), blocks, outputs[1:], out_strides[1:])
        self.act_first = order[1] == 'act'

        if deploy:
            self.switch_to_deploy()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return in_format_of(x, super().forward(x))

    def _load_from_state_dict(self, state: Mapping[str, Tensor], prefix: str, *args) -> None:
        """Refuse weights of the other order, of which all but the norms would load."""
        stem = f'{prefix}stem.conv.'
        act_first = any(name.startswith(f'{stem}act_norm.') for name in state)
        # The stem of a deployed network has no such weight: both orders have the same form there.
        if f'{stem}conv.weight' in state and act_first != self.act_first:
            order = ('conv', 'act', 'norm') if act_first else ('conv', 'norm', 'act')
            raise InputError(
                f'the weights of SINet: they belong to a network with order={order}; set that in '
                "the backbone's config"
            )
        super()._load_from_state_dict(state, prefix, *args)

    def switch_to_deploy(self) -> None:
        """Merge norms and funnels into fewer convolutions, in place and for inference only.

        The features stay those of eval mode, and all parameters are frozen. The weights must be
        loaded before, as in mmpretrain's backbones that have this method.

        Raises:
            ValueError: The norm is not BN with scale, shift and running statistics.
        """
        self.eval()
        if any(isinstance(module, DeployedSIUnit) for module in self.modules()):
            return
        for module in self.modules():
            if isinstance(module, DenseFunnel):
                for norm in module.norm:  # one or none
                    require_bn(norm)
        self.stem = self.stem.deployed()
        inject(self.blocks, lambda _, module: isinstance(module, SIUnit), DeployedSIUnit)
        self.requires_grad_(False)


class SIStem(nn.Module):
    """A 3x3 convolution of 21 filters and the pooled image: (N, 3, H, W) to (N, 24, ...)."""

    out_channels = 24

    def __init__(self, stride: int, **layer) -> None:
        super().__init__()
        self.stride = stride
        conv = nn.Conv2d(3, self.out_channels - 3, 3, stride, 1, bias=False)
        self.conv = conv_layer(conv, **layer)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.conv(x), F.avg_pool2d(x, 3, self.stride, 1)], dim=1)

    @torch.no_grad()
    def deployed(self) -> nn.Module:
        """The same function in eval mode; with ReLU or ReLU6 by a single convolution."""
        own = clamped(self.conv)
        if not isinstance(own, ClampedConv):
            return self
        conv = nn.Conv2d(3, self.out_channels, 3, self.stride, 1).to(own.conv.weight)
        pool = torch.eye(3).to(conv.weight)[:, :, None, None].expand(-1, -1, 3, 3) / 9
        conv.weight.copy_(torch.cat([own.conv.weight, pool]))
        conv.bias.copy_(F.pad(own.conv.bias, (0, 3)))
        bounds = (own.low, -torch.inf), (own.high, torch.inf)
        return ClampedConv(conv, *(F.pad(b, (0, 0, 0, 0, 0, 3), value=inf) for b, inf in bounds))
