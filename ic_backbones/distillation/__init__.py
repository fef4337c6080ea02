from .._requirements import require

require('mmcv', 'mmpretrain')

from .wld import WLDLoss, weak_kl, weak_logit_distillation  # noqa: E402
from .wld_classifier import WLDClassifier  # noqa: E402

__all__ = ['WLDClassifier', 'WLDLoss', 'weak_kl', 'weak_logit_distillation']
