"""IC-ResNet and further backbones for MMPretrain and MMDetection.

``import ic_backbones`` registers everything. If mmengine is installed and another OpenMMLab package
is not, it warns and registers what works without: mmengine's ``Registry.get`` would swallow an
ImportError raised here, so the subpackages raise it when they are used.
"""

import warnings
from importlib import import_module

from ._requirements import missing_sentence, require

__version__ = '0.1.0'

require('mmengine')
from . import weights  # noqa: E402, F401
from ._quiet import quiet_imports  # noqa: E402
from .config_file import config  # noqa: E402, F401

_sentence = missing_sentence('mmcv', 'mmdet', 'mmpretrain')
if _sentence:
    warnings.warn(_sentence, stacklevel=2)
with quiet_imports():
    for _room in (
        'backbones',
        'datasets',
        'distillation',
        'evaluation',
        'heads',
        'hooks',
        'ops',
        'transforms',
    ):
        try:
            import_module(f'.{_room}', __name__)
        except ImportError as error:
            if error.name != __name__:
                raise
    if not missing_sentence('mmcv', 'mmpretrain'):
        from .models import create, list_models, model_info, register_models  # noqa: F401

        register_models()


def __getattr__(name: str) -> None:
    if name in ('create', 'list_models', 'model_info'):
        require('mmcv', 'mmpretrain')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
