"""Compare the speed of SINet and of other light networks with that of MobileNetV2 on a CPU.

    python benchmarks/sinet_vs_mobilenet.py [--rounds 25] [--compile]

Backbone and head run in eval mode on 224x224 pixels, with batches of 1 and 8, one and two threads
and both memory formats. All networks alternate in one process. The script prints ratios of
multiply-adds and of median times. "V2" is MobileNetV2, "V2 folded" is MobileNetV2 after mmcv's
fuse_conv_bn, and "deployed" is SINet after its switch_to_deploy.
"""

import argparse
from pathlib import Path

import torch
from mmcv.cnn.utils import fuse_conv_bn
from mmpretrain.registry import MODELS
from timing import FORMATS, inference, ratios

from ic_backbones.complexity import count
from ic_backbones.config_file import read_config

CONFIGS = Path(__file__).parents[1] / 'configs'


def pooled(backbone: dict, head: dict) -> dict:
    neck = dict(type='GlobalAveragePooling')
    return dict(type='ImageClassifier', backbone=backbone, neck=neck, head=head)


def linear(channels: int) -> dict:
    return dict(type='LinearClsHead', num_classes=1000, in_channels=channels)


NETS = {
    'V2': pooled(dict(type='MobileNetV2'), linear(1280)),
    'SINet': read_config(CONFIGS / 'imagenet/sinet_1.0_300e.py').model,
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


def trained(name: str) -> torch.nn.Module:
    return MODELS.build(NETS[name]).eval()


def build(name: str) -> torch.nn.Module:
    net = trained(name)
    if name == 'deployed':
        net.backbone.switch_to_deploy()
    return fuse_conv_bn(net) if name == 'V2 folded' else net


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--rounds', type=int, default=25)
    parser.add_argument('--compile', action='store_true', help='also with torch.compile')
    args = parser.parse_args()

    # In the deployed form not all products would be counted.
    macs = [count(trained(name))[1] for name in NETS]
    print(f'{"":36}' + ''.join(f'{name:>14}' for name in NETS))
    print(f'{"multiply-adds":36}' + ''.join(f'{value / macs[0]:14.2f}' for value in macs))
    nets = [build(name) for name in NETS]
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for batch in (1, 8):
            for name, memory_format in FORMATS.items():
                x = torch.rand(batch, 3, 224, 224).contiguous(memory_format=memory_format)
                for net in nets:
                    net.to(memory_format=memory_format)
                compiled = args.compile and name == 'contiguous'  # the compiler chooses its own
                for mode in ('eager', 'compiled')[: 1 + compiled]:
                    runs = [
                        inference(torch.compile(net) if mode == 'compiled' else net, x)
                        for net in nets
                    ]
                    title = f'{threads} threads, batch {batch}, {name}, {mode}'
                    values = ratios(runs, args.rounds)
                    print(f'{title:36}' + ''.join(f'{v:14.2f}' for v in values), flush=True)
                    torch.compiler.reset()


if __name__ == '__main__':
    main()
