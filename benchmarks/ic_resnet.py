"""Compare the speed of an IC-ResNet with that of the ResNet that it replaces.

    python benchmarks/ic_resnet.py [--depth 50] [--batch 4] [--threads 2] [--rounds 15]

The two networks alternate in one process. The script prints the ratio of their multiply-adds, and
the ratio of their median times for inference and for a training step in both memory formats.
"""

import argparse

import torch
from mmpretrain.models.backbones import ResNet
from timing import FORMATS, inference, ratios, training_step

from ic_backbones.backbones import ICResNet
from ic_backbones.complexity import count


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
            _, value = ratios([make(net, x) for net in nets], args.rounds)
            print(f'{title:14} {name:14} {value:.3f}', flush=True)


if __name__ == '__main__':
    main()
