"""SC-ResNet: ResNet with structure composing layers in its late stages.

Source: the first open item of Chen, "Structure Composing Layer" (preprint, 30 January 2019).
Reading: as in SfNet, the 3x3 convolutions of the two stages of the lowest resolution are composed.
"""

import torch
from torch import Tensor, nn

from ..inject import convs_named, inject
from ..ops.memory_format import in_format_of
from ..ops.structure_composing import SCLayer
from ..registry import MODELS
from .by_name import LoadsByName
from .deployable import Deployable
from .trimmed_resnet import TrimmedResNet

torch.fx.wrap('in_format_of')


@MODELS.register_module()
class SCResNet(Deployable, LoadsByName, TrimmedResNet):
    """mmpretrain's ResNet whose late 3x3 convolutions are :class:`SCLayer`.

    Input (N, in_channels, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), one for each of ``out_indices``. All but the composed layers and their
    norms load from a plain ResNet's checkpoint by name.

    Args:
        depth: The depth: 18, 34, 50, 101 or 152.
        composed_stages: The stages, from 0, whose 3x3 convolutions are composed; by default the
            last two.
        deploy: Whether the network has the form that ``switch_to_deploy`` gives it, for inference
            with a checkpoint saved in that form.
        kwargs: The arguments of mmpretrain's ResNet, such as ``out_indices`` (stages after the last
            one are not built), ``frozen_stages``, ``norm_eval`` and ``init_cfg``.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: A stage of ``composed_stages`` does not exist, or none of them is built.
    """

    def __init__(
        self, depth: int, composed_stages: tuple[int, ...] = (2, 3), deploy: bool = False, **kwargs
    ) -> None:
        super().__init__(depth, **kwargs)
        built = len(self.res_layers)
        if not 0 <= min(composed_stages, default=-1) < built or max(composed_stages) > 3:
            raise ValueError(
                f'composed_stages: {tuple(composed_stages)} must be in 0..3, at least one of them '
                f'among the {built} stages that out_indices builds; correct one of the two'
            )
        stages = ''.join(str(stage + 1) for stage in composed_stages)
        convs = convs_named(rf'layer[{stages}]\.\d+\.conv\d')
        self._composed = inject(
            self, lambda name, conv: convs(name, conv) and conv.kernel_size == (3, 3), _compose
        )
        self._freeze_stages()
        if deploy:
            self.switch_to_deploy()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return in_format_of(x, super().forward(x))

    def new_tensors(self) -> set[str]:
        """The composed layers' tensors, and their norms': a plain layer's statistics do not fit."""
        composed = self._with_norms(self._composed)
        return {name for name in self.state_dict() if name.startswith(composed)}

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Leave out a plain layer, and its norm, that is composed here."""
        plain = [name for name in self._composed if f'{name}.weight' in state]
        dropped = self._with_norms(plain)
        return {name: value for name, value in state.items() if not name.startswith(dropped)}

    def _with_norms(self, convs: list[str]) -> tuple[str, ...]:
        """What the names of the tensors of convolutions and of their norms begin with."""
        return tuple(f'{part}.' for conv in convs for part in (conv, self._norm_of(conv)))

    def _norm_of(self, conv: str) -> str:
        block, _, name = conv.rpartition('.')
        norm = getattr(self.get_submodule(block), f'{name.replace("conv", "norm")}_name')
        return f'{block}.{norm}'


def _compose(conv: nn.Conv2d) -> SCLayer:
    if conv.dilation != (1, 1):
        raise TypeError('a composing layer cannot be dilated; leave its stage out')
    return SCLayer(
        conv.in_channels, conv.out_channels, 3, conv.stride[0], conv.padding[0], bias=False
    )
