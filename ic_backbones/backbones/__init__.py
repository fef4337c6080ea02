from .._requirements import require

require('mmcv', 'mmpretrain')

from .adapted import AdaptedBackbone  # noqa: E402
from .ic_backbone import ICBackbone  # noqa: E402
from .ic_resnet import ICResNet, ICResNet_CIFAR  # noqa: E402
from .mobilenet import MobileNet  # noqa: E402
from .mobilenet_v2 import MobileNetV2  # noqa: E402
from .resnext import ResNeXt_CIFAR  # noqa: E402
from .sc_resnet import SCResNet  # noqa: E402
from .se_resnet import SEResNet, SEResNet_CIFAR  # noqa: E402
from .sfnet import SfNet  # noqa: E402
from .si_backbone import SIBackbone  # noqa: E402
from .sinet import SINet  # noqa: E402

__all__ = [
    'AdaptedBackbone',
    'ICBackbone',
    'ICResNet',
    'ICResNet_CIFAR',
    'MobileNet',
    'MobileNetV2',
    'ResNeXt_CIFAR',
    'SCResNet',
    'SEResNet',
    'SEResNet_CIFAR',
    'SIBackbone',
    'SINet',
    'SfNet',
]
