from .._requirements import require

require('mmcv', 'mmpretrain')

from .ic_resnet import ICResNet, ICResNet_CIFAR  # noqa: E402

__all__ = ['ICResNet', 'ICResNet_CIFAR']
