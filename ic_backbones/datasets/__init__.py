from .._requirements import require

require('mmdet', 'mmpretrain')

from .caltech256 import Caltech256  # noqa: E402
from .cifar import CIFAR10Data, CIFAR100Data  # noqa: E402
from .image_folder import ImageFolder  # noqa: E402
from .voc import VOCStyleDataset  # noqa: E402

__all__ = ['CIFAR10Data', 'CIFAR100Data', 'Caltech256', 'ImageFolder', 'VOCStyleDataset']
