"""SC-ResNet: ResNet with structure composing layers in its late stages.

Source: the first open item of Chen, "Structure Composing Layer". Reading: as in SfNet, the 3x3
convolutions of the two stages of the lowest resolution.
"""

from torch import nn

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
        ValueError: None of ``composed_stages`` is built.
    """

    def __init__(self, depth: int, composed_stages: tuple[int, ...] = (2, 3), **kwargs) -> None:
        super().__init__(depth, **kwargs)
        stages = ''.join(str(stage + 1) for stage in composed_stages)
        convs = convs_named(rf'layer[{stages}]\.\d+\.conv\d')
        inject(self, lambda name, conv: convs(name, conv) and conv.kernel_size == (3, 3), _compose)
        self._freeze_stages()


def _compose(conv: nn.Conv2d) -> SCLayer:
    if conv.dilation != (1, 1):
        raise TypeError('a dilated convolution has no composing layer; leave its stage out')
    return SCLayer(
        conv.in_channels, conv.out_channels, 3, conv.stride[0], conv.padding[0], bias=False
    )
