"""SINet: inverted residuals in two groups that exchange their inputs.

Source: Yao et al., "Super Interaction Neural Networks", section 3.4 and table 1, of which the
columns for expansion and repetition are lost: see docs/sinet.md for the reading and its counts.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from mmpretrain.models.utils import make_divisible
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..ops.super_interaction import SIUnit
from ..registry import MODELS
from .by_name import LoadsByName

_INIT = [
    dict(type='Kaiming', layer='Conv2d'),
    dict(type='Constant', val=1.0, layer='_BatchNorm'),
]


@MODELS.register_module()
class SINet(LoadsByName, BaseBackbone):
    """Stem and blocks of SI units.

    Input (N, 3, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), rounded up, one for each of ``out_indices``. The stem's 21 filters and the
    pooled image's 3 channels are 24.

    Args:
        width: Multiplies ``channels``, rounded to multiples of 8; the paper's are 1.0, 1.2, 1.6
            and 1.8.
        channels, units, kernel_sizes, strides, expand_ratios: Of each block; the stride is its
            first unit's.
        stem_stride: Of the stem; 1 for small images.
        groups, exchange, funnel: As in :class:`SIUnit`; block 1 has no funnel.
        out_indices: Blocks to return, from 0; blocks past the last one are not built.
        frozen_stages: -1: all learns; 0: the stem does not; n: nor do the first n blocks.
        norm_eval: Whether BN uses its running statistics in training.
        with_cp: Recompute each unit in the backward pass, which saves memory.
        norm_cfg, act_cfg, order, init_cfg: As in mmcv's ``ConvModule`` and mmengine.

    Attributes:
        out_channels: Channels of each output.
        out_strides: Stride of each output against the input.

    Raises:
        ValueError: A block that is not there, lists of different lengths, or channels that cannot
            be divided into the groups.
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
        funnel: bool = True,
        out_indices: Sequence[int] = (4,),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        order: tuple[str, str, str] = ('conv', 'act', 'norm'),
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg or _INIT)
        blocks = list(zip(channels, units, kernel_sizes, strides, expand_ratios, strict=True))
        out_indices = tuple(sorted(out_indices))
        built = max(out_indices) + 1
        if not 0 <= min(out_indices) < built <= len(blocks):
            raise ValueError(f'out_indices {out_indices} are not all in 0..{len(blocks) - 1}')
        if frozen_stages > built:
            raise ValueError(
                f'frozen_stages={frozen_stages}, but out_indices {out_indices} end after block '
                f'{built}'
            )
        self.out_indices, self.frozen_stages, self.norm_eval = out_indices, frozen_stages, norm_eval
        layer = dict(
            norm_cfg=norm_cfg or dict(type='BN'), act_cfg=act_cfg or dict(type='ReLU6'), order=order
        )
        self.stem = ConvModule(3, 21, 3, stem_stride, padding=1, **layer)
        width_in, stride = self.stem.out_channels + 3, stem_stride
        self.blocks = nn.ModuleList()
        out_channels, out_strides = [], []
        for index, (base, count, kernel_size, first, expand_ratio) in enumerate(blocks[:built]):
            width_out = make_divisible(base * width, 8)
            block = nn.Sequential()
            for number in range(count):
                block.append(
                    SIUnit(
                        width_in,
                        width_out,
                        kernel_size,
                        first if number == 0 else 1,
                        expand_ratio,
                        groups,
                        exchange,
                        funnel and index > 0,
                        **layer,
                        with_cp=with_cp,
                    )
                )
                width_in = width_out
            self.blocks.append(block)
            stride *= first
            out_channels.append(width_out)
            out_strides.append(stride)
        self.out_channels = tuple(out_channels[i] for i in out_indices)
        self.out_strides = tuple(out_strides[i] for i in out_indices)
        self._freeze()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        stride = self.stem.stride[0]
        x = torch.cat([self.stem(x), F.avg_pool2d(x, 3, stride, 1)], dim=1)
        outputs = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.out_indices:
                outputs.append(x)
        return tuple(outputs)

    def _freeze(self) -> None:
        if self.frozen_stages < 0:
            return
        for module in [self.stem, *self.blocks[: self.frozen_stages]]:
            module.eval()
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> 'SINet':
        super().train(mode)
        self._freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self
