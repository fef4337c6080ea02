"""mmpretrain's ResNet without the stages that are not returned, and with published channels."""

import math
from types import SimpleNamespace

from mmpretrain.models.backbones import ResNet
from torch import nn

from .stages import checked_stages, depth_by_stage


class TrimmedResNet(ResNet):
    """mmpretrain's ResNet; stages after the last of ``out_indices`` are not built.

    Args:
        depth: The depth, one of ``arch_settings``.
        num_stages: The number of stages, from which ``out_indices`` are taken; by default all.
        strides: The stride of each stage.
        dilations: The dilation of each stage.
        out_indices: The stages to return, from 0.
        frozen_stages: The number of stages that do not learn, after the stem; -1: all learn.
        kwargs: The other arguments of mmpretrain's ResNet.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: There is no such depth, or the depth does not have that many stages or one of
            those to return.
    """

    stem_stride = 4

    def __init__(
        self,
        depth: int,
        *,
        num_stages: int | None = None,
        strides: tuple[int, ...] = (1, 2, 2, 2),
        dilations: tuple[int, ...] = (1, 1, 1, 1),
        out_indices: tuple[int, ...] = (3,),
        frozen_stages: int = -1,
        **kwargs,
    ) -> None:
        if depth not in self.arch_settings:
            raise ValueError(
                f'depth: {depth} does not exist; take one of {list(self.arch_settings)}'
            )
        stages = len(self.arch_settings[depth][1])
        num_stages = stages if num_stages is None else num_stages
        if num_stages not in range(1, stages + 1):
            raise ValueError(
                f'num_stages: {num_stages!r} is not in 1..{stages}, the stages of depth {depth}; '
                'give one of these numbers'
            )
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

    def get_layer_depth(self, param_name: str, prefix: str = '') -> tuple[int, int]:
        """As mmpretrain's ResNet, for all stages; by stage for depths that it does not know."""
        whole = SimpleNamespace(stage_blocks=self.arch_settings[self.depth][1])
        try:
            return ResNet.get_layer_depth(whole, param_name, prefix)
        except NotImplementedError:
            stages = len(whole.stage_blocks)
            return depth_by_stage(param_name, prefix, stages, _stage_of)

    def _layer(self, index: int) -> nn.Sequential:
        return getattr(self, self.res_layers[index])


def _stage_of(name: str) -> int:
    return int(name[len('layer')]) - 1 if name.startswith('layer') else -1
