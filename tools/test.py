"""Test a detector or a classifier."""

from argparse import ArgumentParser, Namespace

from ic_backbones_tools.command import Command, add_launcher_options, add_run_options, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    add_run_options(parser)
    add_launcher_options(parser)
    parser.add_argument('checkpoint', help='file or address, e.g. best_*.pth of a training')
    parser.add_argument('--out', help='write the predictions into this .pkl file')
    parser.add_argument('--show-dir', help='write the pictures with their predictions here')
    parser.add_argument('--show', action='store_true', help='show the pictures in a window')
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds that a shown picture stays (default: 2)'
    )
    parser.add_argument('--tta', action='store_true', help='test-time augmentation')


def run(args: Namespace) -> None:
    import warnings

    from mmengine.runner import Runner

    from ic_backbones.errors import InputError
    from ic_backbones.runs import settings, start
    from ic_backbones.runs.options import load_config
    from ic_backbones.runs.outputs import make_folder, require_writable
    from ic_backbones.weights.checkpoint import Checkpoint

    cfg = load_config(args, 'model', 'test_dataloader', 'test_cfg', 'test_evaluator')
    start.check_data(cfg, 'test')
    if args.out:
        if not args.out.endswith(('.pkl', '.pickle')):
            raise InputError(
                f'--out {args.out}: predictions are pickled; give a file name that ends in .pkl'
            )
        require_writable(args.out, '--out')
    if args.show_dir:
        make_folder(args.show_dir, '--show-dir')
    if args.show or args.show_dir:
        warnings.filterwarnings('ignore', '.*out of bounds')  # rounded, a box at an edge may be
        settings.use_pictures(cfg, args.show, args.show_dir, args.wait_time, args.tta)
    if args.tta:
        settings.use_tta(cfg)
    Checkpoint.read(args.checkpoint)
    cfg.load_from, cfg.resume = args.checkpoint, False

    def test(runner: Runner) -> None:
        if args.show_dir:
            settings.spare_images(runner.test_loop.dataloader.dataset, args.show_dir)
        if args.out:
            if cfg.get('default_scope') == 'mmdet':
                from mmdet.evaluation import DumpDetResults as Dump
            else:
                from mmengine.evaluator import DumpResults as Dump
            runner.test_evaluator.metrics.append(Dump(out_file_path=args.out))
        runner.test()

    start.run(cfg, args.config, test)
    for path in filter(None, (args.out, args.show_dir)):
        print(f'written: {path}')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
