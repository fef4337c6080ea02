"""mmpretrain's ResNet without the stages that nobody asks for, with its channels published."""

import math

from mmpretrain.models.backbones import ResNet
from torch import nn

from .stages import checked_stages


class TrimmedResNet(ResNet):
    """Stages past the last of ``out_indices`` are not built.

    Args:
        depth: 18, 34, 50, 101 or 152.
        out_indices: Stages to return.
        kwargs: All else is mmpretrain's ResNet's.

    Attributes:
        out_channels: Channels of each output.
        out_strides: Stride of each output against the input.

    Raises:
        ValueError: A stage that the depth does not have.
    """

    stem_stride = 4

    def __init__(
        self,
        depth: int,
        *,
        num_stages: int = 4,
        strides: tuple[int, ...] = (1, 2, 2, 2),
        dilations: tuple[int, ...] = (1, 1, 1, 1),
        out_indices: tuple[int, ...] = (3,),
        frozen_stages: int = -1,
        **kwargs,
    ) -> None:
        if depth not in self.arch_settings:
            raise ValueError(f'depth {depth} is none of {", ".join(map(str, self.arch_settings))}')
        num_stages = min(num_stages, len(self.arch_settings[depth][1]))
        out_indices, built = checked_stages(out_indices, num_stages, frozen_stages)
        super().__init__(
            depth,
            num_stages=built,
            strides=strides[:built],
            dilations=dilations[:built],
            out_indices=out_indices,
            frozen_stages=frozen_stages,
            **kwargs,
        )
        self.out_channels = tuple(self._layer(i)[-1].out_channels for i in out_indices)
        self.out_strides = tuple(
            self.stem_stride * math.prod(strides[: i + 1]) for i in out_indices
        )

    def _layer(self, index: int) -> nn.Sequential:
        return getattr(self, self.res_layers[index])
