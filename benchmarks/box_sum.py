"""Ways to compute the collision term of a 3x3 IC layer, as ratios of the plain convolution's time.

    python benchmarks/box_sum.py [--threads 1 2] [--rounds 15]

``ops/collision.py`` computes "pointwise first" at stride 1 and "depthwise" otherwise. The variants
alternate in one process. Each is printed as the ratio of its median time to that of the
convolution, forward only, for layers of ResNet-50 at batch 4.
"""

import argparse
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from command_line import positive
from timing import FORMATS, Run, formats, images, parse, print_row, ratios

from ic_backbones_tools.command import run_tool

WAYS = 'depthwise', 'average pool', 'pointwise first', 'fused add', 'one kernel'
LAYERS = ((64, 56, 1), (128, 56, 2), (128, 28, 1), (256, 14, 1), (512, 7, 1))


def variants(c: int, size: int, stride: int, layout: str, args: argparse.Namespace) -> list[Run]:
    """The plain convolution, and the collision term in each of the WAYS."""
    x = images(args, (4, c, size, size), layout)
    weight = torch.randn(c, c, 3, 3, device=x.device).contiguous(memory_format=FORMATS[layout])
    w_prime = torch.randn(c, c, 1, 1, device=x.device)
    ones = torch.ones(1, 1, 3, 3, device=x.device).expand(c, 1, 3, 3)
    u = F.conv2d(x, weight, None, stride, 1)

    def box(x):
        return F.conv2d(x, ones, None, stride, 1, 1, c)

    def term(adjusted):  # relu(u - adjusted)
        return adjusted.neg_().add_(u).relu_()

    def rows(t):  # (N, C, H, W) -> (N H W, C), a view in channels_last
        return t.permute(0, 2, 3, 1).reshape(-1, c)

    return [
        lambda: F.conv2d(x, weight, None, stride, 1),
        lambda: term(F.conv2d(box(x), w_prime)),
        lambda: term(F.conv2d(F.avg_pool2d(x, 3, stride, 1, divisor_override=1), w_prime)),
        lambda: term(box(F.conv2d(x, w_prime))),
        lambda: torch.addmm(rows(u), rows(box(x)), w_prime.view(c, c).t(), alpha=-1).relu_(),
        lambda: F.conv2d(x, weight - w_prime, None, stride, 1).relu_(),
    ]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--layers', type=positive, default=len(LAYERS), help='how many of the layers'
    )


@torch.inference_mode()
def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 15, add_options, ['--threads', '--device'])
    print_row('', WAYS, 16)
    for threads in args.threads:
        torch.set_num_threads(threads)
        for name in formats(args):
            for layer in LAYERS[: args.layers]:
                runs = variants(*layer, name, args)
                title = f'threads: {threads}, {name}, {layer[0]} channels, stride {layer[2]}'
                print_row(title, ratios(runs, args.rounds, args.device)[1:], 16)


if __name__ == '__main__':
    run_tool(main)
