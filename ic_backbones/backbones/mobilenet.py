"""The first MobileNet, which mmpretrain lacks.

Source: Howard et al., "MobileNets" (https://arxiv.org/abs/1704.04861), table 1.
"""

from collections.abc import Sequence

import torch.utils.checkpoint as cp
from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule
from mmpretrain.models.utils import make_divisible
from torch import Tensor, nn

from ..registry import MODELS
from .staged import Staged


@MODELS.register_module()
class MobileNet(Staged):
    """Depthwise 3x3 and pointwise convolutions, each with BN and ReLU, in five blocks.

    Input (N, 3, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), rounded up.

    Args:
        widen_factor: The factor of all channels, which are rounded to multiples of 8.
        strides: The strides of the stem and of the first layer of each block.
        out_indices: The blocks to return, from 0; blocks after the last one are not built.
        frozen_stages: What does not learn: nothing (-1), the stem (0), or the stem and the first n
            blocks (n).
        norm_eval: Whether BN uses its running statistics in training.
        with_cp: Whether to recompute each block in the backward pass, which saves memory.
        norm_cfg: The norm's config; BN by default.
        act_cfg: The activation's config; ReLU by default.
        init_cfg: The initialisation config of mmengine's ``BaseModule``; by default Kaiming's for
            convolutions.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: A block does not exist, or there are not 6 strides.
    """

    channels = (64, 128, 256, 512, 1024)
    layers = (1, 2, 2, 6, 2)

    def __init__(
        self,
        widen_factor: float = 1.0,
        strides: Sequence[int] = (2, 1, 2, 2, 2, 2),
        out_indices: Sequence[int] = (4,),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_cp: bool = False,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(len(self.channels), out_indices, frozen_stages, norm_eval, init_cfg)
        if len(strides) != 1 + len(self.channels):
            raise ValueError(
                f'strides: {tuple(strides)} is not one for the stem and one for each block; give '
                f'{1 + len(self.channels)} numbers'
            )
        layer = dict(norm_cfg=norm_cfg or dict(type='BN'), act_cfg=act_cfg or dict(type='ReLU'))
        width = make_divisible(32 * widen_factor, 8)
        stem = ConvModule(3, width, 3, strides[0], padding=1, **layer)
        blocks, outputs, out_strides = [], [], [strides[0]]
        for index in range(self.built):
            block = _Block() if with_cp else nn.Sequential()
            for number in range(self.layers[index]):
                out = make_divisible(self.channels[index] * widen_factor, 8)
                stride = 1 if number else strides[index + 1]
                block.append(DepthwiseSeparableConvModule(width, out, 3, stride, 1, **layer))
                width = out
            blocks.append(block)
            outputs.append(width)
            out_strides.append(out_strides[-1] * strides[index + 1])
        self.set_blocks(stem, blocks, outputs, out_strides[1:])


class _Block(nn.Sequential):
    """Layers that are recomputed in the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        if not x.requires_grad:
            return super().forward(x)
        return cp.checkpoint(super().forward, x, use_reentrant=False)
