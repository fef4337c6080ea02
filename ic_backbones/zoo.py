"""The project's models by name, with and without mmpretrain's ``get_model``.

``configs/metafile.yml`` lists them; it and the configs ship with the package, below ``.mim``, where
OpenMMLab's packages keep theirs.
"""

import copy
import difflib
import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmpretrain.apis.model import ModelHub, get_model
from mmpretrain.registry import MODELS
from torch import nn

from .checkpoint import backbone_prefix
from .errors import InputError

MIM = Path(__file__).parent / '.mim'
_OWN: list[str] = []


def register_models() -> None:
    """Add the project's models to mmpretrain's ``list_models`` and ``get_model``."""
    if _OWN:
        return
    before = set(ModelHub._models_dict)
    ModelHub.register_model_index(MIM / 'model-index.yml', config_prefix=MIM)
    _OWN.extend(sorted(set(ModelHub._models_dict) - before))


def list_models() -> list[str]:
    """The names that :func:`create` takes."""
    return list(_OWN)


def model_info(name: str) -> dict:
    """Of a model in :func:`list_models`: its parameters, multiply-adds and maps.

    Returns:
        ``parameters`` and ``macs`` of the classifier for an image of ``size`` x ``size`` pixels,
        and of each of its ``features`` (``out_indices``) the ``channels`` and ``strides``.
    """
    data = copy.deepcopy(ModelHub._models_dict[_known(name)].metadata.data)
    return {'macs' if key == 'FLOPs' else key.lower(): value for key, value in data.items()}


def create(
    name: str, features_only: bool = False, checkpoint: str | None = None, **backbone
) -> nn.Module:
    """A model with drawn weights, in eval mode.

    Args:
        name: One of :func:`list_models`.
        features_only: The backbone alone, which gives the maps of all its stages; its
            ``out_channels`` and ``out_strides`` describe them. Else an mmpretrain classifier.
        checkpoint: Weights for the backbone, also a plain network's or a whole model's; file or
            address, as ``torchvision://resnet50``.
        backbone: Arguments of the backbone, such as ``alpha=0.0, alpha_mode='learned'``,
            ``out_indices`` or ``frozen_stages``.

    Raises:
        InputError: There is no such model, or the checkpoint cannot be read or is another's.
    """
    name = _known(name)
    config = ModelHub.get(name).config
    model = config.model
    if features_only:
        backbone.setdefault('out_indices', model_info(name)['features'])
    if checkpoint is not None:
        prefix = backbone_prefix(checkpoint)
        backbone['init_cfg'] = dict(type='Pretrained', checkpoint=checkpoint, prefix=prefix)
    _update(model.backbone, backbone)
    if model.type.endswith('WLDClassifier'):  # a teacher is for training
        model.type = 'ImageClassifier'
        for key in ('teacher', 'teacher_checkpoint'):
            model.pop(key, None)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        net = MODELS.build(model.backbone) if features_only else get_model(config)
    with _quiet(checkpoint is None):
        (net if features_only else net.backbone).init_weights()
    with _quiet():
        net.init_weights()
    return net.eval()


@contextmanager
def _quiet(quiet: bool = True) -> Iterator[None]:
    """Without mmengine's line for every parameter that is drawn."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING if quiet else level)
    try:
        yield
    finally:
        logger.setLevel(level)


def _known(name: str) -> str:
    if name not in _OWN:
        close = difflib.get_close_matches(name, _OWN, n=1)
        hint = f'did you mean {close[0]!r}?' if close else 'see ic_backbones.list_models()'
        raise InputError(f'there is no model {name!r}; {hint}')
    return name


def _update(config: dict, arguments: dict) -> None:
    """Give an adapted backbone its own arguments, and the rest to the one inside."""
    while 'backbone' in config:
        kinds = MODELS.get(config['type']).__mro__
        own = {name for kind in kinds for name in inspect.signature(kind.__init__).parameters}
        own -= {'init_cfg'}
        config.update({key: arguments[key] for key in own & arguments.keys()})
        arguments = {key: value for key, value in arguments.items() if key not in own}
        config = config['backbone']
    config.update(arguments)
