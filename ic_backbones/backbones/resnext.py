"""ResNeXt of three stages for small images, which mmpretrain lacks."""

from mmpretrain.models import backbones
from mmpretrain.models.backbones.resnext import Bottleneck

from ..registry import MODELS
from .by_name import LoadsByName
from .trimmed_resnet import TrimmedResNet


@MODELS.register_module()
class ResNeXt_CIFAR(LoadsByName, TrimmedResNet, backbones.ResNeXt, backbones.ResNet_CIFAR):
    """mmpretrain's ResNeXt with its CIFAR stem, also of depth 29, which has three stages.

    Input (N, in_channels, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), one for each of ``out_indices``. The arguments are those of mmpretrain's
    ResNeXt; the paper's 2x64d is ``depth=29, groups=2, width_per_group=64, out_indices=(2,)``.
    Stages after the last of ``out_indices`` are not built.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.
    """

    stem_stride = 1
    arch_settings = {29: (Bottleneck, (3, 3, 3)), **backbones.ResNeXt.arch_settings}
