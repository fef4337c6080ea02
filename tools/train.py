"""Train a detector or a classifier.

Ctrl-C stops the training; the same command with --resume continues from the last checkpoint.
"""

import shlex
import sys
from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from pathlib import Path

from ic_backbones_tools.command import (
    Command,
    add_launcher_options,
    add_run_options,
    exit_code,
    run_tool,
)


def add_arguments(parser: ArgumentParser) -> None:
    add_run_options(parser)
    add_launcher_options(parser)
    parser.add_argument('--epochs', type=int, help='how many (default: as the config says)')
    parser.add_argument('--seed', type=int, help='of all random numbers (default: a random seed)')
    parser.add_argument('--amp', action='store_true', help='train in mixed precision')
    parser.add_argument(
        '--channels-last', action='store_true', help='keep weights and features in channels_last'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help="scale the learning rate from the config's auto_scale_lr.base_batch_size to the batch",
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CKPT',
        help='continue from a checkpoint, or (without a name) from the last one in the work dir',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='start again in a work dir that holds a training, whose checkpoints are moved aside',
    )


def run(args: Namespace) -> int:
    from mmengine.runner import Runner

    from ic_backbones.config_file import read_config
    from ic_backbones.hooks import ChannelsLastHook
    from ic_backbones.runs import settings, start
    from ic_backbones.runs.launcher import is_first_process
    from ic_backbones.runs.options import load_config
    from ic_backbones.runs.resume import PutAside, resume, start_again
    from ic_backbones.runs.schedule import stretch_schedule
    from ic_backbones.runs.work_dir import best_checkpoint, last_checkpoint, locked

    if args.seed is not None:
        args.cfg_options.append(f'randomness.seed={args.seed}')
    if args.epochs is not None:
        args.cfg_options += settings.epoch_options(read_config(args.config), args.epochs)
    cfg = load_config(args, 'model', 'train_dataloader', 'train_cfg', 'optim_wrapper')
    first = is_first_process(args.launcher)
    with locked(cfg.work_dir) if first else nullcontext():
        if args.resume is None:
            hooks = start_again(cfg, args.overwrite)
        else:
            hooks = resume(cfg, args.resume, args.overwrite)
        if hooks is None:
            return 0
        if args.channels_last:
            hooks.append(ChannelsLastHook())
        stretched = stretch_schedule(cfg, read_config(args.config, args.values))
        if stretched and first:
            print(stretched)
        if args.amp:
            settings.use_amp(cfg)
        if args.auto_scale_lr:
            settings.use_auto_scale_lr(cfg)
        start.check_data(cfg, 'train', 'val')

        def train(runner: Runner) -> None:
            for hook in hooks:
                runner.register_hook(hook)
            if first:
                print(f'seed: {runner.seed}, also in the log and in every checkpoint')
            runner.train()

        try:
            start.run(cfg, args.config, train)
        except KeyboardInterrupt as error:
            if first:
                # Until the earlier training is put aside, its checkpoint is the last one.
                pending = any(isinstance(hook, PutAside) and hook.pending for hook in hooks)
                checkpoint = None if pending else last_checkpoint(cfg.work_dir)
                print(how_to_go_on(checkpoint, args, pending), file=sys.stderr)
            return exit_code(error)
    if first and (checkpoint := best_checkpoint(cfg.work_dir)):
        which = 'best' if Path(checkpoint).name.startswith('best_') else 'last'
        print(f'the {which} checkpoint, for predict and the other tools: {checkpoint}')
    return 0


def how_to_go_on(checkpoint: str | None, args: Namespace, overwrite: bool) -> str:
    """The sentence with which a stopped training ends; ``overwrite``: it has still to do so."""
    option = ['--resume'] if checkpoint and args.resume != 'auto' else []
    if args.launcher == 'none':
        words = [word for word in args.words if overwrite or word != '--overwrite']
        command = shlex.join([*words, *option])
    else:
        command = 'the same command' + (' with --resume' if option else '')
        command += ' in place of --overwrite' if option and args.overwrite else ''
    return f'\nstopped ({checkpoint or "no checkpoint yet"}); continue with: {command}'


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
