"""SE-ResNet of basic blocks, which mmpretrain lacks: its own starts at depth 50."""

from collections import OrderedDict

from mmpretrain.models import backbones
from mmpretrain.models.backbones.resnet import BasicBlock
from mmpretrain.models.utils import SELayer
from torch import nn

from ..registry import MODELS
from .by_name import LoadsByName
from .trimmed_resnet import TrimmedResNet


class SEBasicBlock(BasicBlock):
    """mmpretrain's basic block with squeeze-and-excitation after its second norm."""

    def __init__(self, in_channels: int, out_channels: int, se_ratio: int = 16, **kwargs) -> None:
        super().__init__(in_channels, out_channels, **kwargs)
        # The block calls drop_path at the very place where the excitation belongs.
        self.drop_path = nn.Sequential(
            OrderedDict(se_layer=SELayer(out_channels, ratio=se_ratio), drop_path=self.drop_path)
        )


@MODELS.register_module()
class SEResNet(LoadsByName, TrimmedResNet, backbones.SEResNet):
    """mmpretrain's SEResNet, also of depth 18 and 34.

    Input (N, in_channels, H, W); output a tuple of (N, out_channels[i], H / out_strides[i],
    W / out_strides[i]), one for each of ``out_indices``. The arguments are those of mmpretrain's
    SEResNet. A plain ResNet's checkpoint loads by name, and stages after the last of
    ``out_indices`` are not built.

    Attributes:
        out_channels: The number of channels of each output.
        out_strides: The stride of each output against the input.
    """

    arch_settings = {
        18: (SEBasicBlock, (2, 2, 2, 2)),
        34: (SEBasicBlock, (3, 4, 6, 3)),
        **backbones.SEResNet.arch_settings,
    }


@MODELS.register_module()
class SEResNet_CIFAR(SEResNet, backbones.ResNet_CIFAR):
    """:class:`SEResNet` with mmpretrain's CIFAR stem: a 3x3 convolution of stride 1, no pooling."""

    stem_stride = 1
