"""Draw training loss and mAP or accuracy of one or several runs: a picture and a table.

python tools/plot_curves.py work_dirs/faster_rcnn_ic_r18_sample [RUN ...] [--out curves.png]
"""

import argparse
from collections.abc import Sequence

from ic_backbones.curves import plot
from ic_backbones.errors import run_tool


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('runs', nargs='+', metavar='RUN', help='work dir of a training')
    parser.add_argument('--out', default='curves.png', help='the picture (default: %(default)s)')
    args = parser.parse_args(argv)
    for path in plot(args.runs, args.out):
        print(path)


if __name__ == '__main__':
    run_tool(main)
