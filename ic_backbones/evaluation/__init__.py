from .._requirements import require

require('mmcv', 'mmdet')

from .voc_style import VOCStyleMetric  # noqa: E402

__all__ = ['VOCStyleMetric']
