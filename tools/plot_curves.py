"""Draw the loss and the mAP or accuracy of runs.

The curves of one or several runs become a picture and a table.

A RUN may also be a table that this tool has written; docs/curves/ holds those of a paper.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('runs', nargs='+', metavar='RUN', help='work dir of a training, or a .csv')
    parser.add_argument('--out', help='the picture (default: curves.png in the first RUN)')


def run(args: Namespace) -> None:
    from ic_backbones.runs.curves import plot, read_curves

    first = Path(args.runs[0])
    is_table = first.suffix == '.csv'
    out = Path('work_dirs') / f'{first.stem}.png' if is_table else first / 'curves.png'
    curves = read_curves(args.runs)
    unit = curves.unit
    for path in plot(curves, args.out or out):
        print(path)
    for name, curve, valley in curves.valleys():
        (start, high), (bottom, low), (end, _) = (
            curve[index] for index in (valley.rim, valley.bottom, valley.end)
        )
        print(
            f'{name}: accuracy valley, from {high:g} at {unit} {start:.10g} to {low:g} at {unit} '
            f'{bottom:.10g} ({valley.depth:.0%} lower), until {unit} {end:.10g}'
        )


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
