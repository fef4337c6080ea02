"""Draw a small detection data set of shapes.

It has four classes and VOC layout; the demo and the tests use it.
"""

from argparse import ArgumentParser, Namespace

from ic_backbones_tools.command import Command, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--out', default='data/sample_voc', help='folder (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='seed of the drawing (default: 0)')
    parser.add_argument('--train', type=int, default=240, help='size of train (default: 240)')
    parser.add_argument('--val', type=int, default=60, help='size of val and test (default: 60)')


def run(args: Namespace) -> None:
    from ic_backbones.datasets.voc.sample import make_sample_voc

    drawn = make_sample_voc(args.out, args.train, args.val, args.seed)
    print(f'{args.out}: {"drawn" if drawn else "already complete"}')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
