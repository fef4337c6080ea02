"""Show with Grad-CAM where networks look.

Several networks are drawn side by side: the comparison of figure 3 of the IC networks paper. Each
row is an image, each column a classifier or a detector. The map explains the class that the network
itself predicts; for a detector, it explains the object with the highest score, which is framed.
"""

from argparse import ArgumentParser, Namespace

from ic_backbones_tools.command import Command, add_trust_option, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('images', nargs='+', metavar='IMAGE')
    parser.add_argument(
        '--net',
        nargs=2,
        action='append',
        required=True,
        metavar=('CONFIG', 'CHECKPOINT'),
        help='config of a training and its best_*.pth; may be repeated',
    )
    parser.add_argument(
        '--class', dest='name', metavar='NAME', help='explain the score of this class instead'
    )
    parser.add_argument('--out', default='grad_cam.png', help='the picture (default: %(default)s)')
    add_trust_option(parser)


def run(args: Namespace) -> None:
    from ic_backbones._requirements import require_extra
    from ic_backbones.errors import InputError
    from ic_backbones.grad_cam import Network, draw
    from ic_backbones.runs.outputs import require_writable

    require_writable(args.out, '--out')
    require_extra('Grad-CAM pictures', 'grad-cam', 'tools', 'pytorch_grad_cam')
    networks = [Network(config, checkpoint) for config, checkpoint in args.net]
    figure = draw(args.images, networks, args.name)
    try:
        figure.savefig(args.out, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f'--out {args.out}: cannot be written ({error}); give a .png') from error
    print(args.out)


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
