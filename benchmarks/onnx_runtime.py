"""Time and difference of deployed networks in onnxruntime, next to PyTorch.

    python benchmarks/onnx_runtime.py [--threads 1] [--rounds 9] [--size 224]

Each network is deployed and written as ONNX. The script prints the ratio of onnxruntime's median
time to PyTorch's for one image, and the largest difference of a map over the map's largest value.
"""

import argparse
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import onnxruntime
import torch
from command_line import positive
from timing import images, inference, parse, print_row, ratios

from ic_backbones.registry import MODELS
from ic_backbones.weights.onnx import export_onnx, largest_difference
from ic_backbones_tools.command import run_tool

NETS = {
    'ic_resnet50': dict(type='ICResNet', depth=50),
    'sc_resnet50': dict(type='SCResNet', depth=50),
    'sfnet': dict(type='SfNet'),
    'sinet': dict(type='SINet'),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--size', type=positive, default=224)
    parser.add_argument('--nets', nargs='+', choices=NETS, default=list(NETS))


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 9, add_options, ['--threads'])
    print_row('', ['time', 'difference'])
    x = images(args, (1, 3, args.size, args.size), 'contiguous')
    for name in args.nets:
        net = MODELS.build(NETS[name])
        net.switch_to_deploy()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / 'net.onnx'
            export_onnx(net, file)
            for threads in args.threads:
                torch.set_num_threads(threads)
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = threads
                session = onnxruntime.InferenceSession(str(file), options)
                feed = partial(session.run, None, {'image': x.numpy()})
                runs = [inference(net, x, args), feed]
                _, ratio = ratios(runs, args.rounds, args.device)
                difference = largest_difference(net, file, (args.size, args.size))
                print_row(f'{name}, threads: {threads}', [ratio, f'{difference:.0e}'])


if __name__ == '__main__':
    run_tool(main)
