"""mmpretrain's MobileNetV2 without the layers that are not returned, with published channels."""

from mmpretrain.models import backbones

from ..registry import MODELS
from .by_name import LoadsByName
from .outputs import outputs
from .stages import checked_stages


@MODELS.register_module()
class MobileNetV2(LoadsByName, backbones.MobileNetV2):
    """mmpretrain's MobileNetV2; layers after the last of ``out_indices`` are not built.

    Without the last layer, ``conv2``, a joint decision saves the parameters that SINet's table 4
    states.

    Args:
        strides: The strides of the stem and of the first block of each layer; for small images the
            first ones should be 1.
        out_indices: The layers to return, from 0.
        frozen_stages: What does not learn: nothing (-1), the stem (0), or the stem and the first n
            layers (n).
        kwargs: The other arguments of mmpretrain's MobileNetV2, such as ``widen_factor``,
            ``norm_eval`` and ``init_cfg``.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.

    Raises:
        ValueError: A layer does not exist, or there are not 8 strides.
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
            raise ValueError(
                f'strides: {tuple(strides)} is not one for the stem and one for each of 7 layers; '
                'give 8 numbers'
            )
        self.arch_settings = [
            [*row[:3], stride] for row, stride in zip(self.arch_settings, strides[1:], strict=True)
        ]
        super().__init__(out_indices=out_indices, frozen_stages=frozen_stages, **kwargs)
        self.conv1.conv.stride = (strides[0], strides[0])
        for name in self.layers[built:]:
            delattr(self, name)
        del self.layers[built:]
        self.out_channels, self.out_strides = outputs(self)

    def _freeze_stages(self) -> None:
        """mmpretrain's leaves the norm of the stem in training mode."""
        super()._freeze_stages()
        if self.frozen_stages >= 0:
            self.conv1.eval()
