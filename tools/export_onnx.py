"""Write a backbone or a detector as ONNX and check it.

A backbone is for images of any number and size. CONFIG is a classifier's or a detector's config, by
its file or name, or the name of a model that list-models prints. What onnxruntime makes of the file
is compared with PyTorch at the given size and at another one.

With --whole, a detector (RetinaNet, SSD or Faster R-CNN) is written with its heads and NMS for one
image of any size, and compared on --image; predict uses it.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ic_backbones_tools.command import Command, add_trust_option, run_tool

if TYPE_CHECKING:
    from torch import nn

TOLERANCE = 1e-4
LARGEST = 8192  # pixels; the maps of a larger image need tens of GB


def backbone_of(config: str) -> nn.Module:
    """The backbone of a config, given by its file or name, or of a model by its name."""
    from mmengine.registry import DefaultScope
    from mmpretrain.registry import MODELS

    from ic_backbones import create
    from ic_backbones.config_file import read_config, shipped
    from ic_backbones.errors import BUILD_ERRORS, InputError, one_line

    if not config.endswith('.py') and not shipped(config).is_file():
        return create(config, features_only=True)
    cfg = read_config(config)
    if 'backbone' not in (cfg.get('model') or {}):
        raise InputError(f'{config}: has no model with a backbone; give one that has')
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmpretrain')):
        try:
            return MODELS.build(cfg.model.backbone)
        except BUILD_ERRORS as error:
            raise InputError(
                f'{config}: the backbone cannot be built, {one_line(error)}; correct that key'
            ) from error


def _edge(text: str) -> int:
    edge = int(text)
    if not 1 <= edge <= LARGEST:
        raise ArgumentTypeError(f'{edge} is not an edge from 1 to {LARGEST} pixels')
    return edge


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('config', help='config, by its file or name, or name of a model')
    parser.add_argument('--checkpoint', help='best_*.pth of a training, or a file of its backbone')
    parser.add_argument('--out', help='file to write (default: <config name>.onnx)')
    parser.add_argument(
        '--size',
        nargs=2,
        type=_edge,
        default=(224, 224),
        metavar=('HEIGHT', 'WIDTH'),
        help='of the images for tracing and comparing (default: 224 224)',
    )
    parser.add_argument('--whole', action='store_true', help='the whole detector')
    parser.add_argument('--image', help='image with which a whole detector is checked')
    add_trust_option(parser)


def run(args: Namespace) -> None:
    from ic_backbones.errors import InputError
    from ic_backbones.runs.outputs import require_writable
    from ic_backbones.weights.checkpoint import Checkpoint
    from ic_backbones.weights.onnx import (
        export_onnx,
        largest_difference,
        require_maps,
        require_onnx,
    )
    from ic_backbones.weights.pretrained import load_by_name

    for package in ('onnx', 'onnxruntime'):
        require_onnx(package)

    file = Path(args.out or f'{Path(args.config.removesuffix(".py")).name}.onnx')
    require_writable(file, '--out')
    if args.whole:
        return export_whole(args, file)
    if args.image:
        raise InputError('--image: is for --whole; leave it out')
    net = backbone_of(args.config)
    if args.checkpoint:
        checkpoint = Checkpoint.read(args.checkpoint)
        load_by_name(net, checkpoint, checkpoint.backbone_prefix)
    else:
        print('the weights are untrained; name trained ones with --checkpoint')
    net.eval()
    height, width = args.size
    sizes = (height, width), (height + 64, width + 32)
    for size in sizes:
        require_maps(net, size, args.config)
    export_onnx(net, file, args.size)
    for size in sizes:
        difference = largest_difference(net, file, size)
        print(f'{size[0]}x{size[1]}: onnxruntime within {difference:.1e} of PyTorch')
        if not difference <= TOLERANCE:  # NaN is not
            raise InputError(
                f"{file}: its maps differ from PyTorch's by more than {TOLERANCE}; do not use it"
            )
    print(f'{file}: {file.stat().st_size / 1e6:.1f} MB')


def export_whole(args: Namespace, file: Path) -> None:
    from ic_backbones.datasets.images import read_image
    from ic_backbones.errors import InputError
    from ic_backbones.inference.onnx_detector import OnnxDetector
    from ic_backbones.inference.onnx_export import compare, export_detector, noise
    from ic_backbones.inference.predictor import Predictor

    if not args.checkpoint:
        raise InputError('--whole: an untrained detector finds nothing; add --checkpoint FILE')
    if file.suffix != '.onnx':
        raise InputError(
            f'--out {file}: predict.py would take it for a checkpoint; give a file name that ends '
            'in .onnx'
        )
    predictor = Predictor(args.checkpoint, args.config, 'cpu')
    try:
        image = read_image(args.image) if args.image else noise(args.size)
    except ValueError as error:
        raise InputError(f'--image {args.image}: {error}; give another one') from error
    export_detector(predictor.saved, file, args.size)
    detector = OnnxDetector(file)
    for part in (image, image[: -(len(image) // 4)]):
        count, difference = compare(predictor, detector, part)
        height, width = part.shape[:2]
        print(
            f'{height}x{width}: {count} objects compared, onnxruntime within {difference:.1e} of '
            'PyTorch as a share of the image'
        )
        if not difference <= TOLERANCE:
            raise InputError(f'{file}: finds other objects than PyTorch; do not use it')
    if not count:
        print('no object was found to compare; name a picture with objects by --image')
    print(f'{file}: {file.stat().st_size / 1e6:.1f} MB; python tools/predict.py {file} ...')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
