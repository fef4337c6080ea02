"""The changes that the flags of ``tools/train.py`` and ``tools/test.py`` make to a config."""

import os
from copy import deepcopy
from pathlib import Path

from mmengine.config import Config, ConfigDict
from mmengine.device import get_device
from torch.utils.data import Dataset

from ..config_file import read_config
from ..errors import InputError
from .schedule import schedulers_of

# What mmdet and mmpretrain take where a config says nothing about test-time augmentation.
TTA_MODELS = {
    'mmdet': dict(
        type='DetTTAModel',
        tta_cfg=dict(nms=dict(type='nms', iou_threshold=0.5), max_per_img=100),
    ),
    'mmpretrain': dict(type='AverageClsScoreTTA'),
}

LOADER_TIMEOUT = 600  # seconds, far more than a batch takes


def use_time_limits(cfg: Config) -> None:
    """Let the data loaders that have workers wait ``LOADER_TIMEOUT`` for a batch."""
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(name)
        if isinstance(loader, dict) and loader.get('num_workers'):
            loader.setdefault('timeout', LOADER_TIMEOUT)


def epoch_options(cfg: Config, epochs: int) -> list[str]:
    """The options that set the epochs of a training, and the variable that its file has for them.

    Raises:
        InputError: The training does not count epochs.
    """
    if 'max_epochs' not in (cfg.get('train_cfg') or {}):
        raise InputError(
            f'--epochs: the training of {cfg.filename} does not count epochs; set '
            '--cfg-options train_cfg.max_iters=N'
        )
    variable = dict(max_epochs=epochs)
    computed = read_config(cfg.filename, variable)  # only the file's own variables change
    names = variable if computed.to_dict() | variable != cfg.to_dict() | variable else ()
    return [f'{name}={epochs}' for name in (*names, 'train_cfg.max_epochs')]


def use_amp(cfg: Config) -> None:
    """Train in mixed precision with a dynamic loss scale, as mmdet does.

    Raises:
        InputError: There is no GPU; mmengine's AmpOptimWrapper has no mode for the CPU.
    """
    if get_device() in ('cpu', 'mps'):
        raise InputError(
            '--amp: mixed precision needs a GPU, and this machine has none; leave it out'
        )
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def use_auto_scale_lr(cfg: Config) -> None:
    """Scale the learning rate with the batch size that is really used.

    Raises:
        InputError: The config does not say for which batch size its learning rate is meant, or its
            schedule has a peak of its own.
    """
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise InputError(
            '--auto-scale-lr: the config has no auto_scale_lr=dict(base_batch_size=...); add the '
            'batch size that its learning rate is meant for'
        )
    for scheduler in schedulers_of(cfg):
        if 'eta_max' in scheduler and scheduler.get('param_name', 'lr') == 'lr':
            raise InputError(
                f'--auto-scale-lr: eta_max of {scheduler.get("type")} sets the learning rate, '
                'which therefore cannot be scaled; leave the option out, and set eta_max for your '
                'batch size'
            )
    cfg.auto_scale_lr.enable = True


def use_pictures(
    cfg: Config, show: bool, show_dir: str | None, wait_time: float, tta: bool
) -> None:
    """Have the visualization hook of mmdet or mmpretrain draw every image that is tested.

    Args:
        cfg: The config of the test.
        show: Whether to open a window.
        show_dir: The folder for the pictures, or None.
        wait_time: Seconds that a picture stays in the window.
        tta: Whether the test uses test-time augmentation.

    Raises:
        InputError: The config has no such hook, or mmpretrain's meets test-time augmentation.
    """
    hook = (cfg.get('default_hooks') or {}).get('visualization')
    if not hook or 'type' not in hook:
        raise InputError(
            '--show, --show-dir: the config has no default_hooks.visualization; add '
            "visualization=dict(type='DetVisualizationHook') or, for a classifier, "
            "'VisualizationHook'"
        )
    # Absolute, because mmdet's hook puts a relative path below the previous one with every batch.
    show_dir = show_dir and os.path.abspath(show_dir)
    hook.update(show=show, wait_time=wait_time)
    if 'DetVisualizationHook' in str(hook['type']):
        hook.update(draw=True, test_out_dir=show_dir)
        return
    if tta:
        raise InputError(
            "--tta: mmpretrain's visualization hook does not work with it; leave --show and "
            '--show-dir out'
        )
    hook.update(enable=True, interval=1, out_dir=show_dir)


def spare_images(dataset: Dataset, show_dir: str) -> None:
    """Refuse to draw into a folder of the data set's own images.

    Raises:
        InputError: The folder holds some of them, and drawn ones would take their places.
    """
    folder = Path(show_dir).resolve()
    for index in range(len(dataset)):
        image = dataset.get_data_info(index).get('img_path')
        if image and Path(image).parent.resolve() == folder:
            raise InputError(
                f'--show-dir {show_dir}: holds images of the data set, which would be replaced by '
                'drawn ones; choose another folder'
            )


def use_tta(cfg: Config) -> None:
    """Test with test-time augmentation: the config's own, or else each image and its mirror image.

    Raises:
        InputError: The config says nothing about it and is neither mmdet's nor mmpretrain's.
    """
    scope = cfg.get('default_scope')
    wrapper = cfg.get('tta_model') or TTA_MODELS.get(scope)
    if wrapper is None:
        raise InputError(
            f'--tta: the config has no tta_model, and scope {scope} has none of its own; add one'
        )
    cfg.model = ConfigDict(deepcopy(wrapper), module=cfg.model)
    for dataset in _innermost(cfg.test_dataloader.dataset):
        dataset.pipeline = cfg.get('tta_pipeline') or _with_flip(dataset.pipeline)


def _innermost(dataset: ConfigDict) -> list[ConfigDict]:
    """The data sets in wrappers such as RepeatDataset and ConcatDataset."""
    inner = dataset.get('datasets') or ([dataset.dataset] if 'dataset' in dataset else [])
    return [each for wrapped in inner for each in _innermost(wrapped)] or [dataset]


def _with_flip(pipeline: list[dict]) -> list[dict]:
    *steps, pack = pipeline
    if 'meta_keys' in pack:
        pack = dict(pack, meta_keys=[*pack['meta_keys'], 'flip', 'flip_direction'])
    flips = [dict(type='RandomFlip', prob=prob) for prob in (1.0, 0.0)]
    return [*steps, dict(type='TestTimeAug', transforms=[flips, [pack]])]
