"""Compare the speed of SINet and of other light networks with that of MobileNetV2.

    python benchmarks/sinet_vs_mobilenet.py [--threads 1 2] [--rounds 25] [--compile]

Backbone and head run in eval mode on 224x224 pixels, with batches of 1 and 8, one and two threads
and both memory formats. All networks alternate in one process. The script prints ratios of
multiply-adds and of median times. "V2" is MobileNetV2, "V2 folded" is MobileNetV2 after mmcv's
fuse_conv_bn, and "deployed" is SINet after its switch_to_deploy.
"""

import argparse
from collections.abc import Sequence

import torch
from command_line import positive
from mmcv.cnn.utils import fuse_conv_bn
from mmpretrain.registry import MODELS
from timing import compiled, formats, images, inference, parse, print_row, ratios

from ic_backbones.complexity import count
from ic_backbones.config_file import read_config
from ic_backbones_tools.command import run_tool


def pooled(backbone: dict, head: dict) -> dict:
    neck = dict(type='GlobalAveragePooling')
    return dict(type='ImageClassifier', backbone=backbone, neck=neck, head=head)


def linear(channels: int) -> dict:
    return dict(type='LinearClsHead', num_classes=1000, in_channels=channels)


NETS = {
    'V2': pooled(dict(type='MobileNetV2'), linear(1280)),
    'SINet': read_config('imagenet/sinet_1.0_300e').model,
    'V3-large': pooled(
        dict(type='MobileNetV3', arch='large'),
        dict(
            type='StackedLinearClsHead',
            num_classes=1000,
            in_channels=960,
            mid_channels=[1280],
            act_cfg=dict(type='HSwish'),
        ),
    ),
    'ShuffleNetV2': pooled(dict(type='ShuffleNetV2'), linear(1024)),
}


NETS['V2 folded'], NETS['deployed'] = NETS['V2'], NETS['SINet']


def network(name: str) -> torch.nn.Module:
    return MODELS.build(NETS[name]).eval()


def build(name: str) -> torch.nn.Module:
    net = network(name)
    if name == 'deployed':
        net.backbone.switch_to_deploy()
    return fuse_conv_bn(net) if name == 'V2 folded' else net


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--size', type=positive, default=224)
    parser.add_argument('--batches', type=positive, nargs='+', default=[1, 8])


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 25, add_options, ['--threads', '--device', '--amp', '--compile'])
    # In the deployed form not all products would be counted.
    size = args.size, args.size
    macs = [count(network(name), size)[1] for name in NETS]
    print_row('', list(NETS))
    print_row('multiply-adds', [value / macs[0] for value in macs])
    nets = [build(name).to(args.device) for name in NETS]
    for threads in args.threads:
        torch.set_num_threads(threads)
        for batch in args.batches:
            for layout, memory_format in formats(args).items():
                x = images(args, (batch, 3, *size), layout)
                for net in nets:
                    net.to(memory_format=memory_format)
                title = f'threads: {threads}, batch {batch}, {layout}'
                print_row(
                    title,
                    ratios([inference(net, x, args) for net in nets], args.rounds, args.device),
                )
    if args.compile:  # the compiler chooses its own layout; one number of threads
        torch.set_num_threads(args.threads[0])
        for batch in args.batches:
            x = images(args, (batch, 3, *size), 'channels_last')
            runs = [inference(compiled(net), x, args) for net in nets]
            print_row(
                f'threads: {args.threads[0]}, batch {batch}, compiled',
                ratios(runs, args.rounds, args.device),
            )


if __name__ == '__main__':
    run_tool(main)
