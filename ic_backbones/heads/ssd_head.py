"""mmdet's SSD head with a fix: in mmdet 3.3 it trains but cannot predict."""

from mmdet.models.dense_heads import SSDHead as _SSDHead

from ..registry import MODELS


@MODELS.register_module()
class SSDHead(_SSDHead):
    """mmdet's ``SSDHead`` with the attribute that its base class asks for in ``predict``.

    Source: https://github.com/open-mmlab/mmdetection/issues/11780.
    """

    loss_cls = None
