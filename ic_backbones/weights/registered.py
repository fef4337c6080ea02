"""Whether a config names nothing but registered classes, so that building it is safe."""

from collections.abc import Iterator
from inspect import isclass
from typing import Any

import mmengine.registry
import mmpretrain.registry
from mmengine.registry import Registry

from .._requirements import missing_sentence
from ..errors import InputError
from ..registry import MODELS, TRANSFORMS

_SCOPES = 'mmengine', 'mmdet', 'mmpretrain', 'ic_backbones'
# The parts of mmdet that make up a detector. The trackers are left out, because one of them
# evaluates an argument as Python, and so are the language models, which download others.
_MMDET = tuple(
    f'mmdet.models.{package}.'
    for package in (
        'backbones', 'data_preprocessors', 'dense_heads', 'detectors', 'layers', 'losses',
        'necks', 'roi_heads', 'seg_heads', 'task_modules.assigners', 'task_modules.coders',
        'task_modules.prior_generators', 'task_modules.samplers',
    )
)  # fmt: skip
_WRAPPERS = 'Detectron2Wrapper', 'AutoModelForCausalLM'  # they build another library's models
# mmcv's operators, which mmdet looks up by their names: it evaluates the name of an NMS as Python.
_OPERATORS = 'nms', 'soft_nms', 'RoIAlign', 'RoIPool', 'DeformRoIPool'
_FILES = '_path', '_file', '_config', '_ckpt'  # endings of arguments that name files
_DOWNLOADS = 'pretrained', 'trust_remote_code'
# The steps of a test pipeline that take no other step, class or file as an argument.
_STEPS = (
    'LoadImageFromFile', 'LoadAnnotations', 'Resize', 'ResizeEdge', 'FixScaleResize', 'Pad',
    'Normalize', 'CenterCrop', 'PackDetInputs', 'PackInputs',
)  # fmt: skip
_ADVICE = 'give the config file of that training instead'


def require_registered(config: Any, source: str) -> None:
    """Refuse a config that names anything but classes of which a model consists.

    mmengine builds ``type='os.system'`` too: it imports what no registry holds, and it imports
    the package that a ``_scope_`` names. So a ``type`` must be a class of mmpretrain's or this
    project's models, one of the parts of mmdet's detectors, or an operator of mmcv by its name,
    because mmcv evaluates the ``type`` of an NMS. Arguments that name files are refused, too:
    their classes may unpickle or execute them; and so are those with which a class downloads
    weights or, as Hugging Face's can, code.

    Args:
        config: The config of a model, or a part of it.
        source: The checkpoint, for the error.

    Raises:
        InputError: A type is another function or class.
    """
    for part in _dicts(config):
        if part.get('_scope_', 'mmpretrain') not in _SCOPES:
            raise InputError(
                f'{source}: the config in it asks for the scope {part["_scope_"]!r}; {_ADVICE}'
            )
        files = [key for key in part if str(key).endswith(_FILES)]
        files += [key for key in _DOWNLOADS if part.get(key)]
        if files:
            raise InputError(f'{source}: the config in it names a file by {files[0]}; {_ADVICE}')
        _require(part, _is_registered, source)


def require_test_pipeline(config: Any, source: str) -> None:
    """Refuse a test pipeline with other steps than the usual ones and this project's.

    Args:
        config: The config of the pipeline.
        source: The checkpoint, for the error.

    Raises:
        InputError: It has another step.
    """
    for part in _dicts(config):
        _require(part, _is_step, source)


def _dicts(config: Any) -> Iterator[dict]:
    """``config`` and everything in it that is a dict."""
    if isinstance(config, dict):
        yield config
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            yield from _dicts(value)


def _require(part: dict, is_known, source: str) -> None:
    name = part.get('type')
    if name is not None and not (isinstance(name, str) and is_known(name)):
        raise InputError(
            f'{source}: the config in it asks for type={name!r}, which is not a class that a '
            f'registry holds for this purpose; {_ADVICE}'
        )


def _is_registered(name: str) -> bool:
    return name in _OPERATORS or any(
        isclass(found) and found.__name__ not in _WRAPPERS and _is_a_part(found)
        for found in _look_up(name, _registries())
    )


def _is_a_part(found: type) -> bool:
    module = f'{found.__module__}.'
    return not module.startswith('mmdet.') or module.startswith(_MMDET)


def _is_step(name: str) -> bool:
    if name.rpartition('.')[2] in _STEPS:
        return name.rpartition('.')[0] in ('', 'mmdet', 'mmpretrain', 'mmcv')
    TRANSFORMS.import_from_location()
    return any(map(isclass, _look_up(name, [TRANSFORMS])))


def _look_up(name: str, registries: Iterator[Registry] | list[Registry]) -> Iterator[Any]:
    scope, _, name = name.rpartition('.')
    for registry in registries:
        if scope in ('', registry.scope):
            yield registry.module_dict.get(name)


def _of_mmdet() -> list[Registry]:
    if missing_sentence('mmdet'):
        return []
    from mmdet.registry import MODELS, TASK_UTILS

    return [MODELS, TASK_UTILS]


def _registries() -> Iterator[Registry]:
    for registry in (
        mmengine.registry.MODELS,
        mmpretrain.registry.MODELS,
        *_of_mmdet(),
        MODELS,
    ):
        registry.import_from_location()
        yield registry
    yield mmpretrain.registry.BATCH_AUGMENTS
    yield mmengine.registry.WEIGHT_INITIALIZERS
