"""MobileNet, the first one, which mmpretrain lacks.

Source: Howard et al., "MobileNets", table 1.
"""

from collections.abc import Sequence

from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule
from mmpretrain.models.utils import make_divisible
from torch import nn

from ..registry import MODELS
from .staged import Staged


@MODELS.register_module()
class MobileNet(Staged):
    """Depthwise 3x3 and pointwise convolutions, each with BN and ReLU, in five blocks.

    Input (N, 3, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), rounded up.

    Args:
        widen_factor: Multiplies all channels, rounded to multiples of 8.
        strides: Of the stem and of the first layer of each block.
        out_indices, frozen_stages, norm_eval: As in :class:`Staged`; blocks past the last output
            are not built.
        norm_cfg, act_cfg, init_cfg: As in mmpretrain's MobileNetV2.

    Raises:
        ValueError: A block that is not there, or strides that are not as many.
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
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(len(self.channels), out_indices, frozen_stages, norm_eval, init_cfg)
        if len(strides) != 1 + len(self.channels):
            raise ValueError(
                f'strides {tuple(strides)} are to be {1 + len(self.channels)}: of the stem and of '
                'each block'
            )
        layer = dict(norm_cfg=norm_cfg or dict(type='BN'), act_cfg=act_cfg or dict(type='ReLU'))
        width = make_divisible(32 * widen_factor, 8)
        stem = ConvModule(3, width, 3, strides[0], padding=1, **layer)
        blocks, outputs, out_strides = [], [], [strides[0]]
        for index in range(self.built):
            block = nn.Sequential()
            for number in range(self.layers[index]):
                out = make_divisible(self.channels[index] * widen_factor, 8)
                stride = 1 if number else strides[index + 1]
                block.append(DepthwiseSeparableConvModule(width, out, 3, stride, 1, **layer))
                width = out
            blocks.append(block)
            outputs.append(width)
            out_strides.append(out_strides[-1] * strides[index + 1])
        self.set_blocks(stem, blocks, outputs, out_strides[1:])
