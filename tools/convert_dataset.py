"""Write a COCO, YOLO or VOC data set in VOC layout.

The layout is recognised. Splits that the source has are kept; otherwise images are divided by a
seed, with nearly identical pictures in one split and rare classes in all.
"""

from argparse import ArgumentParser, Namespace

from ic_backbones_tools.command import Command, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('source', help="folder with images and annotations, or COCO's JSON file")
    parser.add_argument('out', help='new folder for the data in VOC layout')
    parser.add_argument(
        '--shares',
        nargs=3,
        type=float,
        default=(0.7, 0.15, 0.15),
        metavar=('TRAIN', 'VAL', 'TEST'),
        help='shares of the splits (default: 0.7 0.15 0.15)',
    )
    parser.add_argument('--seed', type=int, default=0, help='seed of the splits (default: 0)')
    parser.add_argument(
        '--resplit', action='store_true', help='make new splits even if the source has some'
    )
    parser.add_argument('--link', action='store_true', help='link the images instead of copying')
    parser.add_argument(
        '--skip-broken', action='store_true', help='leave broken and missing files out'
    )


def run(args: Namespace) -> None:
    from ic_backbones.conversion import convert

    report = convert(
        args.source,
        args.out,
        tuple(args.shares),
        args.seed,
        resplit=args.resplit,
        link=args.link,
        skip_broken=args.skip_broken,
    )
    print(report.text(args.out))


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
