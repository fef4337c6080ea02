"""What tools/train.py and tools/test.py share: options, config, and how these can be wrong."""

import argparse
import difflib
import inspect
import os
import traceback
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch
from mmengine.config import Config, ConfigDict, DictAction
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from .checkpoint import read_checkpoint
from .errors import InputError, one_line
from .work_dir import last_checkpoint

OUR_HOOKS = ('StopOnNonFiniteLossHook', 'CheckCheckpointHook')

# What a wrong value in a config raises while mmengine builds from it.
CONFIG_ERRORS = (
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)

# What --cfg-options may set though the config does not name it: Runner's arguments and what Runner
# reads from the config besides.
RUNNER_KEYS = {
    *inspect.signature(Runner).parameters,
    'activation_checkpointing',
    'compile',
    'efficient_conv_bn_eval',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'runner_type',
    'sync_bn',
    'tta_model',
    'tta_pipeline',
}

LAUNCHER_VARIABLES = {
    'none': (),
    'pytorch': ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'),
    'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_NODELIST'),
    'mpi': (
        'OMPI_COMM_WORLD_RANK',
        'OMPI_COMM_WORLD_LOCAL_RANK',
        'OMPI_COMM_WORLD_SIZE',
        'MASTER_ADDR',
    ),
}

# mmdet's and mmpretrain's own choice where a config says nothing about test-time augmentation.
TTA_MODELS = {
    'mmdet': dict(
        type='DetTTAModel',
        tta_cfg=dict(nms=dict(type='nms', iou_threshold=0.5), max_per_img=100),
    ),
    'mmpretrain': dict(type='AverageClsScoreTTA'),
}


class Options(DictAction):
    """mmengine's KEY=VALUE options with a sentence where one has another shape."""

    def __call__(self, parser, namespace, values, option_string=None):
        for value in values:
            try:
                super().__call__(parser, namespace, [value], option_string)
            except (ValueError, AssertionError) as error:
                raise InputError(
                    f"--cfg-options '{value}': write KEY=VALUE, lists as KEY=[a,b] without spaces"
                ) from error


def make_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that training and testing share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='where logs go (default: ./work_dirs/<config name>)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=Options,
        default={},
        metavar='KEY=VALUE',
        help='override the config, e.g. model.backbone.depth=18 train_cfg.max_epochs=4',
    )
    parser.add_argument('--launcher', choices=list(LAUNCHER_VARIABLES), default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser


def load_config(args: argparse.Namespace, *needed: str) -> Config:
    """Read the config, apply the options of :func:`make_parser`, add this package's hooks.

    Args:
        args: What :func:`make_parser`'s parser returned.
        needed: Top-level keys without which the tool cannot run.

    Raises:
        InputError: no such file, a broken or partial config, an option that fits nothing, a work
            dir that cannot be written, a launcher that did not start this process.
    """
    cfg = read_config(args.config)
    _merge_options(cfg, args.cfg_options)
    for key in needed:
        if cfg.get(key) is None:
            raise InputError(
                f'{args.config}: has no {key}; give a whole config, not a part that others inherit'
            )
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or f'./work_dirs/{Path(args.config).stem}'
    make_folder(cfg.work_dir, '--work-dir')
    cfg.launcher = args.launcher
    if args.launcher != 'none':
        _set_up_launcher(cfg, args)
    hooks = list(cfg.get('custom_hooks') or [])
    for name in OUR_HOOKS:
        if not any(name in str(hook.get('type')) for hook in hooks):
            hooks.append(dict(type=f'ic_backbones.{name}'))
    cfg.custom_hooks = hooks
    return cfg


def read_config(path: str | Path) -> Config:
    """Read a config file.

    Raises:
        InputError: there is none, or it is broken.
    """
    if not os.path.isfile(path):
        raise InputError(f'{path}: no such config file; see configs/')
    try:
        return Config.fromfile(path)
    except Exception as error:  # a config is code: it can raise anything
        raise InputError(
            f'{path}: the config cannot be read, {one_line(error)}; correct it, or its _base_'
        ) from error


def make_folder(folder: str | Path, option: str) -> None:
    """Make the folder that ``option`` names, unless it is there.

    Raises:
        InputError: it cannot be made or written.
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'{folder}: the folder cannot be made ({error.strerror}); choose another {option}'
        ) from error
    if not os.access(folder, os.W_OK):
        raise InputError(f'{folder}: the folder cannot be written; choose another {option}')


def run(cfg: Config, source: str, work: Callable[[Runner], object]) -> None:
    """Build the config's runner and let it ``work``, which is to train or to test.

    Runner builds loops, data sets, optimizer and evaluators only then: what a wrong value in the
    config raises up to the moment when the loop starts is told in one sentence; what is raised
    later is not the config's fault and passes.

    Args:
        cfg: What :func:`load_config` returned.
        source: The config's file.
        work: Called with the runner.

    Raises:
        InputError: the runner, or a part of it, cannot be built from the config.
    """
    start = _Start()
    try:
        runner = RUNNERS.build(cfg)
        runner.register_hook(start, priority='LOWEST')
        work(runner)
    except InputError:
        raise
    except FileNotFoundError as error:
        if start.reached:
            raise
        raise InputError(
            f'{source}: {error.filename or one_line(error)} is not there{_part(error)}; put the '
            'data there, or name their folder in --cfg-options, as train_dataloader.dataset.'
            'data_root=FOLDER'
        ) from error
    except CONFIG_ERRORS as error:
        if start.reached:
            raise
        raise InputError(
            f'{source}: the config cannot be built, {one_line(error)}{_part(error)}; correct '
            'that key'
        ) from error


def _part(error: Exception) -> str:
    """What Runner was building, for its messages do not always name it."""
    parts = [
        frame.name.removeprefix('build_')
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == inspect.getfile(Runner) and frame.name.startswith('build_')
    ]
    return f' (in {", ".join(parts)})' if parts else ''


class _Start(Hook):
    """Notes that everything is built and loaded, and the loop runs."""

    reached = False

    def before_train(self, runner: Runner) -> None:
        self.reached = True

    before_test = before_train


def use_amp(cfg: Config) -> None:
    """Train in mixed precision with a dynamic loss scale, as mmdet does.

    Raises:
        InputError: there is no GPU; mmengine's AmpOptimWrapper has no CPU mode.
    """
    if get_device() in ('cpu', 'mps'):
        raise InputError('--amp: mixed precision needs a GPU and there is none here; leave it out')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def use_auto_scale_lr(cfg: Config) -> None:
    """Scale the learning rate with the batch size that is really used.

    Raises:
        InputError: the config does not say for which batch size its learning rate is meant.
    """
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise InputError(
            '--auto-scale-lr: the config has no auto_scale_lr=dict(base_batch_size=...); add the '
            'batch size that its learning rate is meant for'
        )
    cfg.auto_scale_lr.enable = True


def use_resume(cfg: Config, checkpoint: str) -> None:
    """Go on from ``checkpoint``, or with 'auto' from the last one in the work dir.

    Where 'auto' finds none the training starts from the beginning, ``load_from`` included.

    Raises:
        InputError: the checkpoint is not there, not readable or holds weights only.
    """
    if checkpoint == 'auto':
        checkpoint = last_checkpoint(cfg.work_dir)
        if checkpoint is None:
            print(f'--resume: no checkpoint in {cfg.work_dir}, starting from the beginning')
            return
    state = read_checkpoint(checkpoint)
    if not {'meta', 'message_hub', 'optimizer'} <= state.keys():
        raise InputError(
            f'{checkpoint}: holds weights but no optimizer state, so a training cannot go on from '
            f'it; start one from its weights with --cfg-options load_from={checkpoint}'
        )
    cfg.resume = True
    cfg.load_from = checkpoint


def use_pictures(
    cfg: Config, show: bool, show_dir: str | None, wait_time: float, tta: bool
) -> None:
    """Have the visualization hook of mmdet or mmpretrain draw every image that is tested.

    Raises:
        InputError: the config has no such hook, or mmpretrain's meets test-time augmentation.
    """
    hook = (cfg.get('default_hooks') or {}).get('visualization')
    if hook is None:
        raise InputError(
            '--show, --show-dir: the config has no default_hooks.visualization; add '
            "visualization=dict(type='DetVisualizationHook') or, to classify, 'VisualizationHook'"
        )
    # Absolute, for mmdet's hook puts a relative path below the previous one with every batch.
    show_dir = show_dir and os.path.abspath(show_dir)
    hook.update(show=show, wait_time=wait_time)
    if 'DetVisualizationHook' in str(hook['type']):
        hook.update(draw=True, test_out_dir=show_dir)
        return
    if tta:
        raise InputError("--tta: mmpretrain's pictures do not go with it; leave --show-dir out")
    hook.update(enable=True, interval=1, out_dir=show_dir)


def use_tta(cfg: Config) -> None:
    """Test with test-time augmentation: the config's own, else the flipped image beside the plain.

    Raises:
        InputError: the config says nothing about it and is neither mmdet's nor mmpretrain's.
    """
    scope = cfg.get('default_scope')
    wrapper = cfg.get('tta_model') or TTA_MODELS.get(scope)
    if wrapper is None:
        raise InputError(f'--tta: the config has no tta_model and none is known for scope {scope}')
    cfg.model = ConfigDict(deepcopy(wrapper), module=cfg.model)
    dataset = cfg.test_dataloader.dataset
    while 'dataset' in dataset:
        dataset = dataset['dataset']
    dataset.pipeline = cfg.get('tta_pipeline') or _with_flip(dataset.pipeline)


def _with_flip(pipeline: list[dict]) -> list[dict]:
    *steps, pack = pipeline
    if 'meta_keys' in pack:
        pack = dict(pack, meta_keys=[*pack['meta_keys'], 'flip', 'flip_direction'])
    flips = [dict(type='RandomFlip', prob=prob) for prob in (1.0, 0.0)]
    return [*steps, dict(type='TestTimeAug', transforms=[flips, [pack]])]


def _merge_options(cfg: Config, options: dict) -> None:
    known = {*cfg.keys(), *RUNNER_KEYS}
    for key in options:
        top = key.split('.')[0]
        if top not in known:
            close = difflib.get_close_matches(top, sorted(known), n=1)
            hint = f"did you mean '{close[0]}'?" if close else 'put it into the config file'
            raise InputError(f"--cfg-options {key}: the config has no '{top}'; {hint}")
    try:
        cfg.merge_from_dict(options)
    except Exception as error:  # KeyError, TypeError, AssertionError, by where it does not fit
        raise InputError(
            f'--cfg-options {" ".join(options)}: does not fit the config, {one_line(error)}'
        ) from error


def _set_up_launcher(cfg: Config, args: argparse.Namespace) -> None:
    missing = [name for name in LAUNCHER_VARIABLES[args.launcher] if name not in os.environ]
    if missing:
        raise InputError(
            f'--launcher {args.launcher}: {", ".join(missing)} not set; it is for processes that '
            'the launcher starts (tools/dist_train.sh CONFIG GPUS), leave it out for one'
        )
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    if torch.cuda.is_available():
        rank, gpus = int(os.environ['LOCAL_RANK']), torch.cuda.device_count()
        if rank >= gpus:
            raise InputError(
                f'--launcher {args.launcher}: process {rank + 1} of this machine has no GPU of its '
                f'own, there are {gpus}; start {gpus}'
            )
    elif args.launcher == 'pytorch':
        _use_gloo(cfg)


def _use_gloo(cfg: Config) -> None:
    """Several processes on the CPU, where mmengine's own start would ask for a GPU."""
    torch.distributed.init_process_group('gloo')
    cfg.setdefault(
        'model_wrapper_cfg',
        dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False),
        ),
    )
