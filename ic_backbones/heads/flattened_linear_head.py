"""Linear layers over all pixels of a feature map, as in VGG's classifier."""

from mmpretrain.models.heads import StackedLinearClsHead
from torch import Tensor

from ..registry import MODELS


@MODELS.register_module()
class FlattenedLinearClsHead(StackedLinearClsHead):
    """mmpretrain's ``StackedLinearClsHead`` after a flatten, with the same arguments.

    Input a tuple whose last map is (N, C, H, W), with ``in_channels`` = C.H.W; output (N,
    num_classes). SfNet's heads have ``mid_channels`` [1024, 1024] for CIFAR-10, [2048, 2048] for
    CALTECH-256, with ``norm_cfg=dict(type='BN1d')``.

    Raises:
        ValueError: The map does not have ``in_channels`` values; the image has another size.
    """

    def pre_logits(self, feats: tuple[Tensor, ...]) -> Tensor:
        flat = feats[-1].flatten(1)
        if flat.shape[1] != self.in_channels:
            raise ValueError(
                f'in_channels: is {self.in_channels}, and the map of '
                f'{tuple(feats[-1].shape[1:])} has {flat.shape[1]} values; train and test on one '
                'image size, and set in_channels to channels x height x width'
            )
        return super().pre_logits((flat,))
