from .._requirements import require

require('mmcv', 'mmpretrain')

from .ic_resnet import ICResNet, ICResNet_CIFAR  # noqa: E402
from .sc_resnet import SCResNet  # noqa: E402
from .sfnet import SfNet  # noqa: E402
from .sinet import SINet  # noqa: E402

__all__ = ['ICResNet', 'ICResNet_CIFAR', 'SCResNet', 'SINet', 'SfNet']
