"""Compare the speed and memory of SfNet with those of VGG-16-BN.

    python benchmarks/sfnet_vs_vgg.py [--threads 2] [--rounds 9]

The script measures a training step and inference on 32x32 pixels (batch 128) and on 224x224 (batch
8). The networks are in channels_last and alternate in one process; the script prints ratios of
medians to VGG's. "Shared" is SfNet's scales 1 to 3 alone, which are VGG's: it is what would remain
if composing layers were free. "Folded" is VGG after mmcv's fuse_conv_bn, "deployed" is SfNet after
its switch_to_deploy. The peak memory of a training step is measured in a process per network.
"""

import argparse
from collections.abc import Sequence

import torch
from command_line import positive
from mmcv.cnn.utils import fuse_conv_bn
from mmpretrain.models.backbones import VGG
from peak_memory import peaks, print_peak
from timing import SHARED, compiled, images, inference, parse, print_row, ratios
from timing import training_step as step
from torch import nn

from ic_backbones.backbones import SfNet
from ic_backbones.complexity import count
from ic_backbones_tools.command import run_tool

NETS = ('vgg', 'sfnet', 'shared', 'folded', 'deployed')
LAYOUT = 'channels_last'


def build(name: str, args: argparse.Namespace) -> nn.Module:
    width = dict(base_channels=args.base_channels)
    if name in ('vgg', 'folded'):
        full = args.base_channels == 64
        net = VGG(16, norm_cfg=dict(type='BN')) if full else SfNet(16, (), **width)
    else:
        net = SfNet(out_indices=(2 if name == 'shared' else 4,), **width)
    if name == 'folded':
        net.eval()
        net = fuse_conv_bn(net)
    elif name == 'deployed':
        net.switch_to_deploy()
    return net.to(args.device, memory_format=torch.channels_last)


def compare(args: argparse.Namespace, batch: int, size: int) -> None:
    print_row(f'{size}x{size}, batch {batch}', NETS)
    macs = [count(build(name, args), (size, size))[1] for name in NETS]
    print_row('multiply-adds', [value / macs[0] for value in macs])
    x = images(args, (batch, 3, size, size), LAYOUT)
    nets = [build(name, args) for name in NETS]
    for threads in args.threads:
        torch.set_num_threads(threads)
        for net in nets[:3]:
            net.train()
        values = ratios([step(net, x, args) for net in nets[:3]], args.rounds, args.device)
        print_row(f'training step, threads: {threads}', values)
        for net in nets:
            net.eval()
        values = ratios([inference(net, x, args) for net in nets], args.rounds, args.device)
        print_row(f'inference, threads: {threads}', values)
    if args.compile:
        torch.set_num_threads(args.threads[0])
        values = ratios(
            [inference(compiled(net), x, args) for net in nets], args.rounds, args.device
        )
        print_row(f'inference, threads: {args.threads[0]}, compiled', values)
    found = peaks(__file__, NETS[:2], [*args.words, '--only', str(batch), str(size)])
    print_row('peak memory', [value / found[0] for value in found])


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--only', type=positive, nargs=2, help='a batch and a size instead')
    parser.add_argument('--base-channels', type=positive, default=64)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 9, add_options, list(SHARED))
    batches = [args.only] if args.only else [(128, 32), (8, 224)]
    if args.peak:
        (batch, size), *_ = batches
        x = images(args, (batch, 3, size, size), LAYOUT)
        net = build(args.peak, args)
        net.train()  # mmpretrain's VGG returns nothing here
        print_peak(step(net, x, args), args.device)
        return
    for batch, size in batches:
        compare(args, batch, size)


if __name__ == '__main__':
    run_tool(main)
