from .._requirements import require

require('mmcv', 'mmpretrain')

from .flattened_linear_head import FlattenedLinearClsHead  # noqa: E402

__all__ = ['FlattenedLinearClsHead']
