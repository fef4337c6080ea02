"""IC-ResNet and further backbones for MMPretrain and MMDetection.

``import ic_backbones`` registers everything. If mmengine is installed and another OpenMMLab package
is not, it only warns: mmengine's ``Registry.get`` would swallow an ImportError raised here, so the
subpackages raise it when they are used.
"""

import warnings

from ._requirements import missing_sentence, require

__version__ = '0.1.0'

require('mmengine')
from . import weights  # noqa: E402, F401
from ._quiet import quiet_imports  # noqa: E402
from .config_file import config  # noqa: E402, F401

_sentence = missing_sentence('mmcv', 'mmdet', 'mmpretrain')
if _sentence:
    warnings.warn(_sentence, stacklevel=2)
else:
    with quiet_imports():
        from . import (  # noqa: F401
            backbones,
            datasets,
            distillation,
            evaluation,
            heads,
            hooks,
            ops,
            transforms,
        )
        from .models import create, list_models, model_info, register_models  # noqa: F401

    register_models()
