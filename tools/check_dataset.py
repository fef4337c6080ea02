"""Say what is wrong with a detection set in VOC layout, by file name; exit code 1 on errors."""

import argparse
from pathlib import Path

from ic_backbones import cli
from ic_backbones.datasets.doctor import ERROR, diagnose
from ic_backbones.datasets.doctor_report import render
from ic_backbones.datasets.voc_splits import splits_of_config, splits_of_folder
from ic_backbones.errors import InputError, run_tool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('target', help='folder with JPEGImages/ and so on, or a config file')
    parser.add_argument(
        '--classes', help='names with commas between; default: those found, or the config says'
    )
    parser.add_argument('--all', action='store_true', help='name every file, not ten of a kind')
    args = parser.parse_args()

    target = Path(args.target)
    if target.is_dir():
        names = (name.strip() for name in (args.classes or '').split(','))
        model, splits = None, splits_of_folder(target, [name for name in names if name])
    elif target.is_file():
        if args.classes:
            raise InputError('--classes is for a folder: a config has its own classes.')
        cfg = cli.read_config(target)
        model, splits = cfg.get('model') or {}, splits_of_config(cfg)
        if not splits:
            raise InputError(f'{target} has no data set in VOC layout, which this tool checks.')
    else:
        raise InputError(f'{target} is neither a folder nor a config file.')

    diagnosis = diagnose(splits, model)
    print(render(diagnosis, splits, limit=0 if args.all else 10))
    return int(any(problem.severity == ERROR for problem in diagnosis.problems))


if __name__ == '__main__':
    run_tool(main)
