"""Draw the sample detection data set: four classes of shapes in VOC layout, for demo and tests."""

import argparse

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.errors import run_tool


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', default='data/sample_voc', help='folder (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='seed of the drawing (default: 0)')
    parser.add_argument('--train', type=int, default=240, help='size of train (default: 240)')
    parser.add_argument('--val', type=int, default=60, help='size of val and test (default: 60)')
    args = parser.parse_args(argv)
    drawn = make_sample_voc(args.out, args.train, args.val, args.seed)
    print(f'{args.out}: {"drawn" if drawn else "already complete"}')


if __name__ == '__main__':
    run_tool(main)
