"""SC-ResNet: ResNet with structure composing layers in its late stages.

Source: the first open item of Chen, "Structure Composing Layer". Reading: as in SfNet, the 3x3
convolutions of the two stages of the lowest resolution.
"""

from torch import nn

from ..checkpoint import Match
from ..inject import convs_named, inject
from ..ops.structure_composing import SCLayer
from ..registry import MODELS
from .by_name import LoadsByName
from .trimmed_resnet import TrimmedResNet


@MODELS.register_module()
class SCResNet(LoadsByName, TrimmedResNet):
    """mmpretrain's ResNet whose late 3x3 convolutions are :class:`SCLayer`.

    Input (N, in_channels, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]). All but the composed layers load from a plain ResNet's checkpoint by name.

    Args:
        depth: 18, 34, 50, 101 or 152.
        composed_stages: Stages, from 0, whose 3x3 convolutions are composed.
        kwargs: All else is mmpretrain's ResNet's; stages past the last of ``out_indices`` are not
            built.

    Attributes:
        out_channels: Channels of each output.
        out_strides: Stride of each output against the input.

    Raises:
        ValueError: ``composed_stages`` that are not there, or of which none is built.
    """

    def __init__(self, depth: int, composed_stages: tuple[int, ...] = (2, 3), **kwargs) -> None:
        super().__init__(depth, **kwargs)
        built = len(self.res_layers)
        if not 0 <= min(composed_stages, default=-1) < built or max(composed_stages) > 3:
            raise ValueError(
                f'composed_stages {tuple(composed_stages)} are to be of 0..3 and not all past the '
                f'{built} stages that out_indices build'
            )
        stages = ''.join(str(stage + 1) for stage in composed_stages)
        convs = convs_named(rf'layer[{stages}]\.\d+\.conv\d')
        self._composed = inject(
            self, lambda name, conv: convs(name, conv) and conv.kernel_size == (3, 3), _compose
        )
        self._freeze_stages()

    def after_init(self, match: Match | None) -> None:
        """A plain network's statistics of a layer that is composed here say nothing."""
        for name in self._composed if match else ():
            if f'{name}.weight' in match.unexpected:
                block, _, conv = name.rpartition('.')
                getattr(self.get_submodule(block), conv.replace('conv', 'norm')).reset_parameters()


def _compose(conv: nn.Conv2d) -> SCLayer:
    if conv.dilation != (1, 1):
        raise TypeError('a dilated convolution has no composing layer; leave its stage out')
    return SCLayer(
        conv.in_channels, conv.out_channels, 3, conv.stride[0], conv.padding[0], bias=False
    )
