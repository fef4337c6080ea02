from .._requirements import require

require('mmdet')

from .voc_style import VOCStyleMetric  # noqa: E402

__all__ = ['VOCStyleMetric']
