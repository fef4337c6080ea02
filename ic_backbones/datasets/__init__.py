from .._requirements import require

require('mmdet')

from .voc_style import VOCStyleDataset  # noqa: E402

__all__ = ['VOCStyleDataset']
