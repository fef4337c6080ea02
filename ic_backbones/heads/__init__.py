from .._requirements import require

require('mmcv', 'mmdet', 'mmpretrain')

from .flattened_linear_head import FlattenedLinearClsHead  # noqa: E402
from .joint_decision_head import JointDecisionHead  # noqa: E402
from .ssd_head import SSDHead  # noqa: E402

__all__ = ['FlattenedLinearClsHead', 'JointDecisionHead', 'SSDHead']
