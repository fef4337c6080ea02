"""Say what is wrong with a detection data set.

The data must be in VOC layout. The exit code is 1 if there is an error.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('target', help='folder with JPEGImages/ and so on, or a config')
    parser.add_argument(
        '--classes',
        help="names of the classes, separated by commas (default: the config's, or those found)",
    )
    parser.add_argument(
        '--pictures', metavar='DIR', help='draw some images of each split with their boxes into DIR'
    )
    parser.add_argument('--all', action='store_true', help='name every file, not ten of a kind')


def run(args: Namespace) -> int:
    from ic_backbones.config_file import read_config, shipped
    from ic_backbones.datasets.voc.splits import splits_of_config, splits_of_folder
    from ic_backbones.doctor import Severity, diagnose, render
    from ic_backbones.doctor.pictures import draw_samples
    from ic_backbones.errors import InputError

    target = Path(args.target)
    if target.is_dir():
        names = (name.strip() for name in (args.classes or '').split(','))
        model, splits = None, splits_of_folder(target, [name for name in names if name])
    elif target.is_file() or shipped(args.target).is_file():
        if args.classes:
            raise InputError('--classes: a config has its own classes; leave the option out')
        cfg = read_config(args.target)
        model, splits = cfg.get('model') or {}, splits_of_config(cfg)
        if not splits:
            raise InputError(f'{target}: has no data set in VOC layout; give a config that has one')
    else:
        raise InputError(f'{target}: neither a folder nor a config; give one of these')

    diagnosis = diagnose(splits, model)
    print(render(diagnosis, splits, limit=0 if args.all else 10))
    if args.pictures:
        print(f'{draw_samples(diagnosis, args.pictures)} pictures written: {args.pictures}')
    return int(diagnosis.count(Severity.ERROR) > 0)


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
