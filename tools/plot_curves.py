"""Draw training loss and mAP or accuracy of one or several runs: a picture and a table.

python tools/plot_curves.py work_dirs/faster_rcnn_ic_r18_sample [RUN ...] [--out PICTURE.png]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ic_backbones.curves import plot
from ic_backbones.errors import run_tool


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('runs', nargs='+', metavar='RUN', help='work dir of a training')
    parser.add_argument('--out', help='the picture (default: curves.png in the first RUN)')
    args = parser.parse_args(argv)
    for path in plot(args.runs, args.out or Path(args.runs[0], 'curves.png')):
        print(path)


if __name__ == '__main__':
    run_tool(main)
