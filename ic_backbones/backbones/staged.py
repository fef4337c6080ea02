"""A stem and blocks that behave as mmpretrain's backbones do."""

from collections.abc import Sequence

from mmengine.model import ModuleList
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .by_name import LoadsByName
from .stages import INIT_CFG, checked_stages, depth_by_stage


class Staged(LoadsByName, BaseBackbone):
    """``stem``, then ``blocks``, of which some are returned.

    Args:
        num_blocks: The number of blocks that the network has.
        out_indices: The blocks to return, from 0.
        frozen_stages: What does not learn: nothing (-1), the stem (0), or the stem and the first n
            blocks (n).
        norm_eval: Whether BN uses its running statistics in training.
        init_cfg: The initialisation config of mmengine's ``BaseModule``; by default Kaiming's for
            convolutions.

    Attributes:
        built: The number of blocks that ``out_indices`` needs.
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: The network does not have one of the blocks.
    """

    def __init__(
        self,
        num_blocks: int,
        out_indices: Sequence[int],
        frozen_stages: int,
        norm_eval: bool,
        init_cfg: dict | list | None,
    ) -> None:
        super().__init__(init_cfg or INIT_CFG)
        self.out_indices, self.built = checked_stages(out_indices, num_blocks, frozen_stages)
        self.frozen_stages, self.norm_eval = frozen_stages, norm_eval

    def set_blocks(
        self, stem: nn.Module, blocks: list[nn.Module], channels: list[int], strides: list[int]
    ) -> None:
        """Take over the layers.

        Args:
            stem: The stem.
            blocks: The blocks that are built.
            channels: The number of channels after each block.
            strides: The stride after each block, against the input.
        """
        self.stem = stem
        self.blocks = ModuleList(blocks)
        self.out_channels = tuple(channels[i] for i in self.out_indices)
        self.out_strides = tuple(strides[i] for i in self.out_indices)
        self._freeze()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.stem(x)
        outputs = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.out_indices:
                outputs.append(x)
        return tuple(outputs)

    def get_layer_depth(self, param_name: str, prefix: str = '') -> tuple[int, int]:
        """A parameter's depth and the number of depths, for mmpretrain's layer-wise rates."""
        return depth_by_stage(param_name, prefix, self.built, _block_of)

    def _freeze(self) -> None:
        if self.frozen_stages < 0:
            return
        for module in [self.stem, *self.blocks[: self.frozen_stages]]:
            module.eval()
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> 'Staged':
        super().train(mode)
        self._freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self


def _block_of(name: str) -> int:
    return int(name.split('.')[1]) if name.startswith('blocks.') else -1
