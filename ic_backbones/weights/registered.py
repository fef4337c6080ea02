"""Whether a config names nothing but registered classes, which building it may then call."""

from collections.abc import Iterator
from inspect import isclass
from typing import Any

import mmengine.registry
import mmpretrain.registry
from mmengine.registry import Registry

from ..errors import InputError
from ..registry import MODELS

_SCOPES = 'mmengine', 'mmpretrain', 'ic_backbones'


def require_registered(config: Any, source: str) -> None:
    """Refuse a config that names anything but classes of mmpretrain's and this project's models.

    mmengine builds ``type='os.system'`` too: it imports what no registry holds, and it imports
    the package that a ``_scope_`` names. Classes of mmdet are left out, because one of them runs
    an argument as code; so are arguments that name files, which their classes may unpickle.

    Args:
        config: The config of a model, or a part of it.
        source: The checkpoint, for the error.

    Raises:
        InputError: A type is another function or class.
    """
    if isinstance(config, dict):
        if config.get('_scope_', 'mmpretrain') not in _SCOPES:
            raise InputError(
                f'{source}: the config in it asks for the scope {config["_scope_"]!r}; give the '
                'config file of that training instead'
            )
        paths = [key for key in config if str(key).endswith('_path')]
        if paths:
            raise InputError(
                f'{source}: the config in it names a file by {paths[0]}; give the config file of '
                'that training instead'
            )
        name = config.get('type')
        if isinstance(name, str) and not _is_registered(name):
            raise InputError(
                f'{source}: the config in it asks for type={name!r}, which is not a class that a '
                'registry holds; give the config file of that training instead'
            )
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            require_registered(value, source)


def _is_registered(name: str) -> bool:
    scope, _, name = name.rpartition('.')
    return any(
        scope in ('', registry.scope) and isclass(registry.module_dict.get(name))
        for registry in _registries()
    )


def _registries() -> Iterator[Registry]:
    for registry in (mmengine.registry.MODELS, mmpretrain.registry.MODELS, MODELS):
        registry.import_from_location()
        yield registry
    yield mmpretrain.registry.BATCH_AUGMENTS
    yield mmengine.registry.WEIGHT_INITIALIZERS
