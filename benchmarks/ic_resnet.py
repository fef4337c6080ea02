"""Time of IC-ResNet over that of the ResNet it replaces.

    python benchmarks/ic_resnet.py [--depth 50] [--batch 4] [--threads 2] [--rounds 15]

The two alternate in one process; printed are the medians' ratios for inference and for a training
step, in both memory formats. What the multiply-adds allow stands beside them.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from mmpretrain.models.backbones import ResNet

from ic_backbones.backbones import ICResNet
from ic_backbones.complexity import count

FORMATS = {'contiguous': torch.contiguous_format, 'channels_last': torch.channels_last}


def ratio(plain: Callable[[], None], ic: Callable[[], None], rounds: int) -> float:
    """Median time of ``ic`` over the median time of ``plain``, run in turns."""
    times: dict[Callable, list[float]] = {plain: [], ic: []}
    for lap in range(rounds + 2):
        for run, seconds in times.items():
            start = time.perf_counter()
            run()
            if lap >= 2:  # warm-up
                seconds.append(time.perf_counter() - start)
    return statistics.median(times[ic]) / statistics.median(times[plain])


def inference(net: torch.nn.Module, x: torch.Tensor) -> Callable[[], None]:
    def run() -> None:
        with torch.inference_mode():
            net(x)

    return run


def training_step(net: torch.nn.Module, x: torch.Tensor) -> Callable[[], None]:
    def run() -> None:
        net.zero_grad()
        sum(feature.mean() for feature in net(x)).backward()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--depth', type=int, default=50)
    parser.add_argument('--batch', type=int, default=4)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    settings = dict(depth=args.depth, out_indices=(0, 1, 2, 3))
    macs = [count(cls(**settings))[1] for cls in (ResNet, ICResNet)]
    print(
        f'IC-ResNet-{args.depth} over ResNet-{args.depth}, multiply-adds: {macs[1] / macs[0]:.3f}'
    )
    for name, memory_format in FORMATS.items():
        nets = [cls(**settings).to(memory_format=memory_format) for cls in (ResNet, ICResNet)]
        x = torch.rand(args.batch, 3, 224, 224).contiguous(memory_format=memory_format)
        for title, make, mode in (
            ('inference', inference, False),
            ('training step', training_step, True),
        ):
            for net in nets:
                net.train(mode)
            value = ratio(*(make(net, x) for net in nets), args.rounds)
            print(f'{title:14} {name:14} {value:.3f}', flush=True)


if __name__ == '__main__':
    main()
