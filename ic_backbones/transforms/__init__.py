from .._requirements import require

require('mmcv', 'mmpretrain')

from .ten_crop import TenCrop  # noqa: E402

__all__ = ['TenCrop']
