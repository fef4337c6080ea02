"""Compare the speed and memory of SfNet with those of VGG-16-BN.

    python benchmarks/sfnet_vs_vgg.py [--threads 2] [--rounds 9]

The script measures a training step and inference on 32x32 pixels (batch 128) and on 224x224 (batch
8). The networks are in channels_last (on a GPU in bf16) and alternate in one process; printed are
ratios of medians. In brackets is the time of SfNet's scales 1 to 3 alone, which are VGG's: it is
what would remain if composing layers were free. The peak memory of a training step is measured in
a process per network.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import torch
from mmpretrain.models.backbones import VGG
from timing import inference, ratios, training_step
from torch import nn

from ic_backbones.backbones import SfNet
from ic_backbones.complexity import count

DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'
BATCHES = ((128, 32), (8, 224))


class Timed(nn.Module):
    """A network on the device, in bf16 if that is a GPU."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.to(DEVICE, memory_format=torch.channels_last)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == 'cuda'):
            return self.network(x)


def build(name: str) -> nn.Module:
    if name == 'vgg':
        return VGG(16, norm_cfg=dict(type='BN'))
    return SfNet(out_indices=(2 if name == 'shared' else 4,))


def images(batch: int, size: int) -> torch.Tensor:
    x = torch.rand(batch, 3, size, size, device=DEVICE)
    return x.contiguous(memory_format=torch.channels_last)


def waited(run):
    def timed() -> None:
        run()
        if DEVICE == 'cuda':
            torch.cuda.synchronize()

    return timed


def peak_memory(name: str, batch: int, size: int) -> None:
    """Print the peak memory of two training steps; call it in a process of its own."""
    step = training_step(Timed(build(name)).train(), images(batch, size))
    step()
    step()
    if DEVICE == 'cuda':
        print(torch.cuda.max_memory_allocated())
    else:
        status = Path('/proc/self/status').read_text()  # ru_maxrss would be the parent's
        print(re.search(r'VmHWM:\s*(\d+)', status).group(1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--peak', nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.peak:
        peak_memory(args.peak[0], int(args.peak[1]), int(args.peak[2]))
        return
    for batch, size in BATCHES:
        macs = [count(build(name), (size, size))[1] for name in ('vgg', 'sfnet')]
        print(f'{size}x{size}, batch {batch}: multiply-adds {macs[1] / macs[0]:.2f}')
        nets = [Timed(build(name)) for name in ('vgg', 'sfnet', 'shared')]
        x = images(batch, size)
        for title, make, mode in (
            ('training step', training_step, True),
            ('inference', inference, False),
        ):
            runs = [waited(make(net.train(mode), x)) for net in nets]
            _, sfnet, shared = ratios(runs, args.rounds)
            print(f'    {title:14} {sfnet:.3f} (scales 1 to 3: {shared:.3f})', flush=True)
        peaks = [
            int(
                subprocess.check_output(
                    [sys.executable, __file__, '--threads', str(args.threads), '--peak']
                    + [name, str(batch), str(size)]
                ).split()[-1]
            )
            for name in ('vgg', 'sfnet')
        ]
        print(f'    {"peak memory":14} {peaks[1] / peaks[0]:.3f}')


if __name__ == '__main__':
    main()
