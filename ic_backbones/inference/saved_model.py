"""The trained model of a checkpoint, built from the config in it or from a config file."""

from dataclasses import dataclass

from mmdet.models import BaseDetector
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import MODELS, DefaultScope
from mmpretrain.models import BaseClassifier
from torch import nn

from ..config_file import read_config, whole_model
from ..errors import BUILD_ERRORS, InputError, one_line
from ..weights.checkpoint import Checkpoint
from ..weights.match import compare
from ..weights.pretrained import with_versions
from ..weights.registered import require_registered, require_test_pipeline
from .draw import name_of

# With these, images are turned as EXIF's orientation says, as those are that predict.py draws.
_TURNING = dict(color_type=('color', 'grayscale'), imdecode_backend=(None, 'cv2', 'pillow'))


@dataclass(frozen=True)
class SavedModel:
    """A trained model in eval mode.

    Attributes:
        model: The detector or the classifier, with all its weights.
        config: The config of its training.
        source: The file of the config if one was given, otherwise the checkpoint.
        classes: The names of the classes; empty where nothing names them.
    """

    model: nn.Module
    config: Config
    source: str
    classes: tuple[str, ...]

    @property
    def is_detector(self) -> bool:
        """Whether it finds objects; otherwise it classifies whole images."""
        return isinstance(self.model, BaseDetector)

    @property
    def scope(self) -> str:
        """mmengine's name of the package that it belongs to."""
        return 'mmdet' if self.is_detector else 'mmpretrain'

    @property
    def test_pipeline(self) -> list[dict]:
        """The steps from an image file to the input of the model, as configs."""
        return _test_pipeline(self.config, self.source)

    def name(self, label: int) -> str:
        """The name of a class."""
        return name_of(label, self.classes)


def load_model(checkpoint: str, config: str | None = None, device: str | None = None) -> SavedModel:
    """Build the model of a checkpoint and load its weights.

    Args:
        checkpoint: The file or address of the checkpoint.
        config: The file of the config of its training; None takes the config that mmengine saved
            in the checkpoint, which is read as data: only known parts of models are built.
        device: A device of PyTorch, such as ``cuda:0``; None takes a GPU if there is one.

    Raises:
        InputError: The checkpoint cannot be read or does not fill the model, there is no config,
            it names something other than parts of models, or the device does not exist.
    """
    loaded = Checkpoint.read(checkpoint)
    cfg = loaded.config if config is None else read_config(config)
    source = loaded.source if config is None else str(config)
    if cfg is None:
        raise InputError(f'{source}: holds no config; name that of its training with --config')
    if config is None:
        require_registered(cfg.get('model'), source)
    steps = _test_pipeline(cfg, source)
    if config is None:
        require_test_pipeline(steps, source)
    model = _build(cfg, source)
    advice = 'give a checkpoint of the network of that config'
    compare(model.state_dict(), loaded.tensors, loaded.source).require_all(advice)
    model.load_state_dict(with_versions(loaded.tensors, model, loaded))
    return SavedModel(_on(model, device).eval(), cfg, source, loaded.classes or _names(cfg))


def _test_pipeline(cfg: Config, source: str) -> list[dict]:
    """The steps of the test pipeline, if it reads upright images and the model has a backbone."""
    model, steps = cfg.get('model'), _test_dataset(cfg).get('pipeline')
    if not isinstance(model, dict) or not isinstance(model.get('backbone'), dict):
        raise InputError(f'{source}: has no model with a backbone; give the config of a training')
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise InputError(
            f'{source}: has no test_dataloader with a pipeline; give the config of a training'
        )
    for key, values in _TURNING.items():
        for step in steps:
            if key in step and step[key] not in values:
                raise InputError(
                    f'{source}: the test pipeline has {key}={step[key]!r}, with which boxes are '
                    'not those of the upright image; leave that key out'
                )
    return steps


def _test_dataset(cfg: Config) -> dict:
    """The config of the test data set without its wrappers; empty if there is none."""
    dataset = cfg.get('test_dataloader')
    while isinstance(dataset, dict) and 'dataset' in dataset:
        dataset = dataset['dataset']
    return dataset if isinstance(dataset, dict) else {}


def _build(cfg: Config, source: str) -> nn.Module:
    scope = cfg.get('default_scope')
    if scope not in ('mmdet', 'mmpretrain'):
        raise InputError(
            f'{source}: its default_scope is {scope!r}; give the config of a detector of mmdet or '
            'of a classifier of mmpretrain'
        )
    try:
        with DefaultScope.overwrite_default_scope(scope):
            model = MODELS.build(whole_model(cfg))
    except BUILD_ERRORS as error:
        raise InputError(
            f'{source}: no model can be built, {one_line(error)}; correct that key'
        ) from error
    if not isinstance(model, BaseDetector | BaseClassifier):
        raise InputError(
            f'{source}: its model is a {type(model).__name__}; give a detector or a classifier'
        )
    return model


def _names(cfg: Config) -> tuple[str, ...]:
    """The names of the classes as the config itself gives them; otherwise none."""
    metainfo = _test_dataset(cfg).get('metainfo')
    names = metainfo.get('classes') if isinstance(metainfo, dict) else None
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()


def _on(model: nn.Module, device: str | None) -> nn.Module:
    try:
        return model.to(device or get_device())
    except (RuntimeError, AssertionError, ValueError) as error:
        raise InputError(
            f'--device {device}: cannot be used, {one_line(error)}; give cpu, or cuda:0 with a GPU'
        ) from error
