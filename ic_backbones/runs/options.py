"""The command line that training and testing share, and the config that it makes."""

import argparse
import difflib
import inspect
import os
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

from ..config_file import read_config
from ..config_values import check_values
from ..errors import InputError, one_line
from ..weights.loader import add_trust_option
from .guards import add_guards
from .launcher import LAUNCHER_VARIABLES, set_up_launcher
from .settings import use_time_limits

# What --cfg-options may set although the config does not name it: the arguments of Runner, and what
# Runner reads from the config besides.
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


class Options(DictAction):
    """mmengine's KEY=VALUE options with a sentence where one has another shape."""

    def __call__(self, parser, namespace, values, option_string=None):
        for value in values:
            try:
                super().__call__(parser, namespace, [value], option_string)
            except (ValueError, AssertionError) as error:
                raise InputError(
                    f"--cfg-options '{value}': this is not KEY=VALUE; write KEY=VALUE, and a list "
                    'as KEY=[a,b] without spaces'
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
    add_trust_option(parser)
    parser.add_argument('--launcher', choices=list(LAUNCHER_VARIABLES), default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser


def load_config(args: argparse.Namespace, *needed: str) -> Config:
    """Read the config, apply the options of :func:`make_parser`, add guard hooks and time limits.

    Args:
        args: What the parser of :func:`make_parser` returned.
        needed: Top-level keys without which the tool cannot run.

    Raises:
        InputError: The config file does not exist, is broken or lacks a needed key, an option does
            not fit it, the work dir cannot be written, or the launcher did not start this process.
    """
    cfg = read_config(args.config)
    _merge_options(cfg, args.cfg_options)
    for key in needed:
        if cfg.get(key) is None:
            raise InputError(
                f'{args.config}: it has no {key}; give a whole config, not a part that others '
                'inherit from'
            )
    check_values(cfg, args.config)
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or f'./work_dirs/{Path(args.config).stem}'
    make_folder(cfg.work_dir, '--work-dir')
    set_up_launcher(cfg, args.launcher, args.local_rank)
    add_guards(cfg)
    use_time_limits(cfg)
    return cfg


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
            f'--cfg-options {" ".join(options)}: this does not fit the config, {one_line(error)}; '
            'correct the key or the value'
        ) from error


def require_writable(file: str | Path, option: str) -> None:
    """Make the folder of the file that ``option`` names, and see whether the file can be written.

    Raises:
        InputError: It cannot; nothing is lost yet.
    """
    file = Path(file)
    make_folder(file.parent, option)
    is_new = not file.exists()
    try:
        file.open('ab').close()
    except OSError as error:
        raise InputError(
            f'{file}: the file cannot be written ({error.strerror}); choose another {option}'
        ) from error
    if is_new:
        file.unlink()


def make_folder(folder: str | Path, option: str) -> None:
    """Make the folder that ``option`` names, unless it exists.

    Raises:
        InputError: It cannot be made, or nothing can be written into it.
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'{folder}: the folder cannot be made ({error.strerror}); choose another {option}'
        ) from error
    if not os.access(folder, os.W_OK):
        raise InputError(f'{folder}: the folder cannot be written; choose another {option}')
