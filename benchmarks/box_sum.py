"""Ways to compute the collision term of a 3x3 IC layer, as ratios of the plain convolution's time.

    python benchmarks/box_sum.py [--threads 2] [--rounds 15]

``ops/ic_conv.py`` computes "pointwise first" at stride 1 and "depthwise" otherwise. The variants
alternate in one process. Each is printed as the ratio of its median time to that of the
convolution, forward only, for layers of ResNet-50 at batch 4.
"""

import argparse

import torch
import torch.nn.functional as F
from timing import FORMATS, Run, ratios

LAYERS = ((64, 56, 1), (128, 56, 2), (128, 28, 1), (256, 14, 1), (512, 7, 1))


def variants(c: int, size: int, stride: int, memory_format: torch.memory_format) -> dict[str, Run]:
    """The plain convolution and the ways to compute the collision term, by name."""
    x = torch.rand(4, c, size, size).contiguous(memory_format=memory_format)
    weight = torch.randn(c, c, 3, 3).contiguous(memory_format=memory_format)
    w_prime = torch.randn(c, c, 1, 1)
    ones = torch.ones(1, 1, 3, 3).expand(c, 1, 3, 3)
    u = F.conv2d(x, weight, None, stride, 1)

    def box(x):
        return F.conv2d(x, ones, None, stride, 1, 1, c)

    def term(adjusted):  # relu(u - adjusted)
        return adjusted.neg_().add_(u).relu_()

    def rows(t):  # (N, C, H, W) -> (N H W, C), a view in channels_last
        return t.permute(0, 2, 3, 1).reshape(-1, c)

    return {
        'convolution': lambda: F.conv2d(x, weight, None, stride, 1),
        'depthwise': lambda: term(F.conv2d(box(x), w_prime)),
        'average pool': lambda: term(F.conv2d(F.avg_pool2d(x, 3, stride, 1), w_prime)),
        'pointwise first': lambda: term(box(F.conv2d(x, w_prime))),
        'fused add': lambda: torch.addmm(
            rows(u), rows(box(x)), w_prime.view(c, c).t(), alpha=-1
        ).relu_(),
        'one kernel': lambda: F.conv2d(x, weight - w_prime, None, stride, 1).relu_(),
    }


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for name, memory_format in FORMATS.items():
        print(name)
        for layer in LAYERS:
            runs = variants(*layer, memory_format)
            _, *values = ratios(list(runs.values()), args.rounds)
            _, *names = runs
            cells = ', '.join(f'{n} {value:.2f}' for n, value in zip(names, values, strict=True))
            print('  {} channels, {} pixels, stride {}: '.format(*layer) + cells)


if __name__ == '__main__':
    main()
