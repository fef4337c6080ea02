"""Images a second of whole detectors with a ResNet, an IC-ResNet, SfNet and SINet.

    python benchmarks/detectors.py [--threads 1] [--rounds 5] [--detectors faster_rcnn retinanet]

Faster R-CNN and RetinaNet of configs/ detect in one image at a time. With random weights it is
chance how many boxes pass the score threshold and how large the proposals are. So that all
detectors have the same work, the threshold is 1, which no box passes, and the RPN's weights are 0,
so that it proposes its anchors. "+" is a network after its switch_to_deploy.
"""

import argparse
from collections.abc import Sequence

import torch
from command_line import positive
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.registry import DefaultScope
from timing import FORMATS, Run, formats, images, inference, medians, parse, print_row
from torch import nn

from ic_backbones.config_file import read_config
from ic_backbones_tools.command import run_tool

BACKBONES = {'ResNet': 'r50', 'IC-ResNet': 'ic_r50', 'SfNet': 'sfnet', 'SINet': 'sinet'}
DETECTORS = 'faster_rcnn', 'retinanet'
COLUMNS = 'ResNet', 'IC-ResNet', 'IC-ResNet+', 'SfNet', 'SfNet+', 'SINet', 'SINet+'


def build(detector: str, backbone: str, args: argparse.Namespace, layout: str) -> nn.Module:
    name = backbone.removesuffix('+')
    model = read_config(f'{detector}_{BACKBONES[name]}_voc').model
    model.backbone.init_cfg = None
    model.test_cfg.get('rcnn', model.test_cfg).score_thr = 1.0
    if args.depth < 50 and 'ResNet' in name:
        model.backbone.depth = args.depth
        model.neck.in_channels = [64, 128, 256, 512]
    with DefaultScope.overwrite_default_scope('mmdet'):
        net = MODELS.build(model).eval()
    if 'rcnn' in detector:
        for parameter in net.rpn_head.parameters():
            nn.init.zeros_(parameter)
    net.to(args.device, memory_format=FORMATS[layout])
    if backbone != name:
        net.backbone.switch_to_deploy()  # which chooses its own memory format
    return net


def detection(net: nn.Module, x: torch.Tensor, args: argparse.Namespace) -> Run:
    size = x.shape[2:]
    meta = dict(img_shape=size, ori_shape=size, pad_shape=size, batch_input_shape=size)
    sample = DetDataSample(metainfo=meta | dict(scale_factor=(1.0, 1.0)))
    return inference(lambda x: net.predict(x, [sample]), x, args)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--size', type=positive, nargs=2, default=[600, 1000], help='height and width'
    )
    parser.add_argument('--depth', type=int, choices=(18, 34, 50), default=50)
    parser.add_argument('--detectors', nargs='+', choices=DETECTORS, default=DETECTORS)
    parser.add_argument('--backbones', nargs='+', choices=COLUMNS, default=COLUMNS)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 5, add_options, ['--threads', '--device', '--amp'])
    print_row('images a second', args.backbones)
    for threads in args.threads:
        torch.set_num_threads(threads)
        for layout in formats(args):
            for detector in args.detectors:
                x = images(args, (1, 3, *args.size), layout)
                nets = [build(detector, name, args, layout) for name in args.backbones]
                times = medians([detection(net, x, args) for net in nets], args.rounds, args.device)
                print_row(f'{detector}, threads: {threads}, {layout}', [1 / t for t in times])


if __name__ == '__main__':
    run_tool(main)
