from .._requirements import missing_sentence, require

require('mmcv')

__all__ = []

if not missing_sentence('mmpretrain'):
    from .caltech256 import Caltech256  # noqa: F401
    from .cifar import CIFAR10Data, CIFAR100Data  # noqa: F401
    from .image_folder import ImageFolder  # noqa: F401

    __all__ += ['CIFAR10Data', 'CIFAR100Data', 'Caltech256', 'ImageFolder']
if not missing_sentence('mmdet'):
    from .voc import VOCStyleDataset  # noqa: F401

    __all__ += ['VOCStyleDataset']
