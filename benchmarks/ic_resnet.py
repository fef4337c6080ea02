"""Compare the speed of an IC-ResNet with that of the ResNet that it replaces, and of a deeper one.

    python benchmarks/ic_resnet.py [--depth 50] [--threads 1 2] [--rounds 9] [--compile] [--train]

The networks alternate in one process, and the script prints ratios of median times to the plain
network's. "Folded" is the plain network after mmcv's fuse_conv_bn, "deployed" the IC-ResNet after
its switch_to_deploy. "Convolutions" is the deployed network with nothing but the two convolutions
of each IC layer: what would remain if box sum, ReLU and sums were free. With --train, it compares a
training step and its peak memory instead; there "learned" is the IC-ResNet with a learned alpha.
"""

import argparse
from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from command_line import positive
from mmcv.cnn.utils import fuse_conv_bn
from mmpretrain.models.backbones import ResNet
from peak_memory import peaks, print_peak
from timing import (
    FORMATS,
    SHARED,
    compiled,
    formats,
    images,
    inference,
    parse,
    print_row,
    ratios,
    training_step,
)
from torch import nn

from ic_backbones.backbones import ICResNet
from ic_backbones.complexity import count
from ic_backbones.ops import ICConv2d, ic_layers
from ic_backbones_tools.command import run_tool

DEPTHS = sorted(ResNet.arch_settings)
INFERENCE = ('plain', 'folded', 'IC', 'deployed', 'convolutions', 'deeper')
TRAINING = ('plain', 'IC', 'learned', 'convolutions')


def build(name: str, args: argparse.Namespace, layout: str = 'contiguous') -> nn.Module:
    cls = ResNet if name in ('plain', 'folded', 'deeper') else ICResNet
    settings = dict(alpha=0.0, alpha_mode='learned') if name == 'learned' else {}
    depth = args.deeper if name == 'deeper' else args.depth
    net = cls(depth, out_indices=(0, 1, 2, 3), **settings)
    net.train(args.train)
    net.to(args.device, memory_format=FORMATS[layout])
    if name == 'folded':
        net = fuse_conv_bn(net)
    elif name in ('deployed', 'convolutions') and not args.train:
        net.switch_to_deploy()  # which chooses its own memory format
    if name == 'convolutions':
        for layer in ic_layers(net).values():
            layer.forward = partial(_convolutions, layer)
    return net


def _convolutions(layer: ICConv2d, x: torch.Tensor) -> torch.Tensor:
    u = F.conv2d(x, layer.weight, layer.bias, layer.stride, layer.padding)
    return u.add_(F.conv2d(x, layer.w_prime, None, layer.stride))


def compare_inference(args: argparse.Namespace, shapes: list[tuple[int, ...]]) -> None:
    print_row('inference', INFERENCE)
    macs = [count(build(name, args))[1] for name in INFERENCE]
    print_row('multiply-adds', [value / macs[0] for value in macs])
    for threads in args.threads:
        torch.set_num_threads(threads)
        for shape in shapes:
            title = f'threads: {threads}, {"x".join(map(str, shape))}'
            for layout in formats(args):
                nets = [build(name, args, layout) for name in INFERENCE]
                x = images(args, shape, layout)
                values = ratios([inference(net, x, args) for net in nets], args.rounds, args.device)
                print_row(f'{title}, {layout}', values)
    if args.compile:  # the compiler chooses its own layout; one number of threads and one shape
        torch.set_num_threads(args.threads[0])
        x = images(args, shapes[0], 'channels_last')
        nets = [compiled(build(name, args, 'channels_last')) for name in INFERENCE]
        values = ratios([inference(net, x, args) for net in nets], args.rounds, args.device)
        print_row(f'threads: {args.threads[0]}, {"x".join(map(str, shapes[0]))}, compiled', values)


def compare_training(args: argparse.Namespace, shape: tuple[int, ...]) -> None:
    print_row('training', TRAINING)
    for threads in args.threads:
        torch.set_num_threads(threads)
        for layout in formats(args):
            nets = [build(name, args, layout) for name in TRAINING]
            x = images(args, shape, layout)
            values = ratios([training_step(net, x, args) for net in nets], args.rounds, args.device)
            print_row(f'step, threads: {threads}, {layout}', values)
    found = peaks(__file__, TRAINING, args.words)
    print_row('peak memory', [value / found[0] for value in found])


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--depth', type=int, choices=DEPTHS, default=50)
    parser.add_argument(
        '--deeper', type=int, choices=DEPTHS, default=101, help='depth of another one'
    )
    parser.add_argument('--batch', type=positive, default=4, help='images of --size pixels')
    parser.add_argument('--size', type=positive, default=224)
    parser.add_argument('--single', type=positive, nargs=2, default=[480, 640], help='one image')
    parser.add_argument('--train', action='store_true', help='compare training')


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 9, add_options, list(SHARED))
    batch = args.batch, 3, args.size, args.size
    if args.peak:
        net, x = build(args.peak, args), images(args, batch, 'contiguous')
        print_peak(training_step(net, x, args), args.device)
    elif args.train:
        compare_training(args, batch)
    else:
        compare_inference(args, [batch, (1, 3, *args.single)])


if __name__ == '__main__':
    run_tool(main)
