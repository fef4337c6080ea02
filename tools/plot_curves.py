"""Draw training loss and mAP or accuracy of one or several runs: a picture and a table.

python tools/plot_curves.py work_dirs/faster_rcnn_ic_r18_sample [RUN ...] [--out PICTURE.png]

A RUN may also be a table that this tool has written; docs/curves/ holds those of a paper.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ic_backbones.errors import run_tool
from ic_backbones.runs.curves import plot, read_curves


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('runs', nargs='+', metavar='RUN', help='work dir of a training, or a .csv')
    parser.add_argument('--out', help='the picture (default: curves.png in the first RUN)')
    args = parser.parse_args(argv)
    first = Path(args.runs[0])
    is_table = first.suffix == '.csv'
    out = Path('work_dirs') / f'{first.stem}.png' if is_table else first / 'curves.png'
    curves = read_curves(args.runs)
    for path in plot(curves, args.out or out):
        print(path)
    for name, curve, valley in curves.valleys():
        (start, high), (bottom, low), (end, _) = (
            curve[index] for index in (valley.rim, valley.bottom, valley.end)
        )
        print(
            f'{name}: accuracy valley, from {high:g} at epoch {start:g} to {low:g} at epoch '
            f'{bottom:g} ({valley.depth:.0%} lower), until epoch {end:g}'
        )


if __name__ == '__main__':
    run_tool(main)
