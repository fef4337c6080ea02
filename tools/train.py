"""Train a detector or a classifier: python tools/train.py CONFIG [options].

Ctrl-C stops it; the same command with --resume goes on from the last checkpoint.
"""

import shlex
import sys
from collections.abc import Sequence

import torch
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from ic_backbones.checkpoint import read_checkpoint
from ic_backbones.doctor import check_quick
from ic_backbones.errors import run_tool
from ic_backbones.runs import settings, start
from ic_backbones.runs.options import load_config, make_parser
from ic_backbones.runs.work_dir import last_checkpoint


def main(argv: Sequence[str] | None = None) -> int:
    parser = make_parser(__doc__)
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
        help='go on from a checkpoint, or (without a name) from the last one in the work dir',
    )
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(argv)

    cfg = load_config(args, 'model', 'train_dataloader', 'train_cfg', 'optim_wrapper')
    if args.amp:
        settings.use_amp(cfg)
    if args.auto_scale_lr:
        settings.use_auto_scale_lr(cfg)
    if args.resume:
        settings.use_resume(cfg, args.resume)
    elif cfg.get('load_from'):
        read_checkpoint(cfg.load_from)
    check_quick(cfg)

    def train(runner: Runner) -> None:
        if args.channels_last:
            runner.model.to(memory_format=torch.channels_last)
        runner.train()

    try:
        start.run(cfg, args.config, train)
    except KeyboardInterrupt:
        if is_main_process():
            checkpoint = last_checkpoint(cfg.work_dir)
            resume = ['--resume'] if checkpoint and args.resume != 'auto' else []
            if args.launcher == 'none':
                command = shlex.join(['python', 'tools/train.py', *argv, *resume])
            else:
                command = ' '.join(['the same command', *(['with --resume'] if resume else [])])
            saved = checkpoint or 'no checkpoint yet'
            print(f'\nstopped ({saved}); go on with: {command}', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    run_tool(main)
