"""mmpretrain's MobileNetV2 without the layers that nobody asks for, with its channels published."""

from mmpretrain.models import backbones

from ..registry import MODELS
from .adapted import outputs
from .by_name import LoadsByName
from .stages import checked_stages


@MODELS.register_module()
class MobileNetV2(LoadsByName, backbones.MobileNetV2):
    """mmpretrain's MobileNetV2; layers past the last of ``out_indices`` are not built.

    Without the last, ``conv2``, a joint decision saves the parameters that SINet's table 4 says.

    Args:
        strides: Of the stem and of the first block of each layer; for small images begin with 1s.
        kwargs: All else is mmpretrain's.

    Attributes:
        out_channels: Channels of each output.
        out_strides: Stride of each output against the input.

    Raises:
        ValueError: A layer that is not there, or strides that are not as many.
    """

    def __init__(
        self,
        strides: tuple[int, ...] = (2, 1, 2, 2, 2, 1, 2, 1),
        *,
        out_indices: tuple[int, ...] = (7,),
        frozen_stages: int = -1,
        **kwargs,
    ) -> None:
        out_indices, built = checked_stages(out_indices, 8, frozen_stages)
        if len(strides) != 8:
            raise ValueError(f'strides {tuple(strides)} are to be 8: of the stem and of 7 layers')
        self.arch_settings = [
            [*row[:3], stride] for row, stride in zip(self.arch_settings, strides[1:], strict=True)
        ]
        super().__init__(out_indices=out_indices, frozen_stages=frozen_stages, **kwargs)
        self.conv1.conv.stride = (strides[0], strides[0])
        for name in self.layers[built:]:
            delattr(self, name)
        del self.layers[built:]
        self.out_channels, self.out_strides = outputs(self)
