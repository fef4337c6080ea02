"""Ways to compute the collision term of a 3x3 IC layer, as ratios of the plain convolution's time.

    python benchmarks/box_sum.py [--threads 2] [--rounds 15]

``ops/ic_conv.py`` takes "pointwise first" at stride 1, else "depthwise". The variants alternate in
one process; printed are medians over the median of the convolution, forward only, for layers of
ResNet-50 at batch 4.
"""

import argparse
import statistics
import time

import torch
import torch.nn.functional as F

LAYERS = ((64, 56, 1), (128, 56, 2), (128, 28, 1), (256, 14, 1), (512, 7, 1))


def variants(c: int, size: int, stride: int, channels_last: bool) -> dict:
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
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


def medians(runs: dict, rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for lap in range(rounds + 2):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if lap >= 2:  # warm-up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for channels_last in (False, True):
        print('channels_last' if channels_last else 'contiguous')
        for layer in LAYERS:
            seconds = medians(variants(*layer, channels_last), args.rounds)
            base = seconds.pop('convolution')
            cells = ', '.join(f'{name} {value / base:.2f}' for name, value in seconds.items())
            print('  {} channels, {} pixels, stride {}: '.format(*layer) + cells)


if __name__ == '__main__':
    main()
