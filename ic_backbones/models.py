"""The project's models by name, with and without mmpretrain's ``get_model``.

``configs/metafile.yml`` lists them; it and the configs ship with the package, below ``.mim``, where
OpenMMLab's packages keep theirs.
"""

import fnmatch
import inspect
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import MMLogger, print_log
from mmengine.registry import DefaultScope
from mmengine.runner import CheckpointLoader
from mmpretrain.apis.model import ModelHub, get_model
from mmpretrain.registry import MODELS
from torch import nn

from .errors import BUILD_ERRORS, InputError, did_you_mean, one_line
from .weights.checkpoint import Checkpoint
from .weights.match import compare, first
from .weights.pretrained import load_by_name

MIM = Path(__file__).parent / '.mim'
UNTRAINED = 'untrained://'
HEAD = 'head.'  # the prefix of the head in a classifier's checkpoint
_OWN: list[str] = []


def register_models() -> None:
    """Add the project's models to mmpretrain's ``list_models`` and ``get_model``."""
    if not _registered():
        ModelHub.register_model_index(MIM / 'model-index.yml', config_prefix=MIM)
    _OWN[:] = sorted(_registered())
    for name in _OWN:
        ModelHub._models_dict[name].weights = UNTRAINED + name


def _registered() -> list[str]:
    models = ModelHub._models_dict.items()
    return [name for name, model in models if str(model.config).startswith(f'{MIM}/')]


@CheckpointLoader.register_scheme(prefixes=UNTRAINED, force=True)
def refuse_untrained(address: str, map_location: object = None) -> None:
    """Say what to do instead of predicting with random weights.

    mmpretrain's ``inference_model(name)`` and ``get_model(name, pretrained=True)`` load the weights
    that the index names. The address that stands there for a model without any leads here.

    Raises:
        InputError: Always.
    """
    name = address.removeprefix(UNTRAINED)
    config = Path(ModelHub._models_dict[name].config)
    raise InputError(
        f'{name}: there are no trained weights of this model to load; train '
        f"{config.parent.name}/{config.stem}, and give its checkpoint as pretrained='FILE'"
    )


def list_models(pattern: str = '*') -> list[str]:
    """The names that :func:`create` takes.

    Args:
        pattern: A shell pattern that the names must match, such as ``'ic_*cifar10'``.
    """
    return fnmatch.filter(_OWN, pattern)


def model_info(name: str) -> dict:
    """The parameters, multiply-adds and maps of a model in :func:`list_models`.

    Args:
        name: The name of the model.

    Returns:
        ``parameters`` and ``macs`` of the classifier for an image of ``size`` x ``size`` pixels,
        and ``channels`` and ``strides`` of each of its ``features`` (``out_indices``).

    Raises:
        InputError: There is no such model.
    """
    data = ModelHub._models_dict[_known(name)].metadata.data
    return {
        'macs' if key == 'FLOPs' else key.lower(): [int(number) for number in value.split(',')]
        if isinstance(value, str)
        else value
        for key, value in data.items()
    }


def create(
    name: str, features_only: bool = False, checkpoint: str | None = None, **backbone
) -> nn.Module:
    """Make a model, in eval mode.

    Args:
        name: One of :func:`list_models`.
        features_only: Whether to return the backbone alone, which gives the maps of all its stages;
            its ``out_channels`` and ``out_strides`` describe them. Otherwise the model is a
            classifier of mmpretrain.
        checkpoint: The file or address, such as ``torchvision://resnet50``, of weights for the
            backbone; it may be a plain network's or a whole model's. The head of a classifier is
            loaded too if it fits; otherwise a warning says that the head is random. By default
            all weights are random.
        backbone: Arguments of the backbone, such as ``alpha=0.0, alpha_mode='learned'``,
            ``out_indices`` or ``frozen_stages``.

    Raises:
        InputError: There is no such model, it cannot be made with these arguments, or the
            checkpoint cannot be read or belongs to another network.
    """
    config = ModelHub.get(_known(name)).config
    weights = None if checkpoint is None else Checkpoint.read(checkpoint)
    try:
        net = _drawn(config, model_info(name)['features'] if features_only else None, backbone)
    except BUILD_ERRORS as error:
        raise InputError(
            f'{name}: cannot be made with {backbone}, {one_line(error)}; correct the arguments'
        ) from error
    if weights is not None:
        load_by_name(net if features_only else net.backbone, weights, weights.backbone_prefix)
        if not features_only:
            _load_head(net.head, weights)
    return net.eval()


def _load_head(head: nn.Module, weights: Checkpoint) -> None:
    match = compare(head.state_dict(), weights.tensors, weights.source, HEAD)
    if not match.needed:
        load_by_name(head, weights, HEAD)
        return
    print_log(
        f'{weights.source}: has no head that fits ({first(match.needed)}), so the head is random; '
        'train it, or give the checkpoint of a classifier with the same classes',
        logger='current',
        level=logging.WARNING,
    )


def _drawn(config: Config, features: Sequence[int] | None, backbone: dict) -> nn.Module:
    """The classifier of ``config`` or, with ``features``, its backbone that gives those maps."""
    model = config.model
    if features is not None:
        backbone = dict(out_indices=features) | backbone
    _update(model.backbone, backbone)
    if model.type.endswith('WLDClassifier'):  # a teacher is for training
        model.type = 'ImageClassifier'
        for key in ('teacher', 'teacher_checkpoint'):
            model.pop(key, None)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        net = get_model(config) if features is None else MODELS.build(model.backbone)
    with _quiet():
        net.init_weights()
    return net


@contextmanager
def _quiet() -> Iterator[None]:
    """Without mmengine's line for every parameter that is drawn."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _known(name: str) -> str:
    if name not in _OWN:
        hint = did_you_mean(str(name), _OWN, 'see ic_backbones.list_models()')
        raise InputError(f'{name}: there is no such model; {hint}')
    return name


def _update(config: dict, arguments: dict) -> None:
    """Give an adapted backbone its own arguments, and the rest to the backbone inside."""
    while 'backbone' in config:
        kinds = MODELS.get(config['type']).__mro__
        own = {name for kind in kinds for name in inspect.signature(kind.__init__).parameters}
        own -= {'init_cfg'}
        config.update({key: arguments[key] for key in own & arguments.keys()})
        arguments = {key: value for key, value in arguments.items() if key not in own}
        config = config['backbone']
    config.update(arguments)
