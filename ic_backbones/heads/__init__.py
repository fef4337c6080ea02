from .._requirements import missing_sentence, require

require('mmcv')

__all__ = []

if not missing_sentence('mmpretrain'):
    from .flattened_linear_head import FlattenedLinearClsHead  # noqa: F401
    from .joint_decision_head import JointDecisionHead  # noqa: F401

    __all__ += ['FlattenedLinearClsHead', 'JointDecisionHead']
if not missing_sentence('mmdet'):
    from .ssd_head import SSDHead  # noqa: F401

    __all__ += ['SSDHead']
