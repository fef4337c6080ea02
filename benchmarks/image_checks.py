"""What it costs to check image files, as shares of the time that decoding them takes.

    python benchmarks/image_checks.py [--images 1000] [--rounds 9]

The files are JPEG images of 500x375 pixels in a temporary folder. Each is checked with its header
and end marker, as before every decoding in a training, and through the cache that remembers sound
files, as before every training but the first. The three take turns in one process.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from command_line import positive
from timing import parse, ratios

from ic_backbones.datasets import image_cache
from ic_backbones.datasets.images import image_size, write_image
from ic_backbones_tools.command import run_tool


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--images', type=positive, default=1000)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 9, add_options)
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    image = cv2.resize(noise, (500, 375), interpolation=cv2.INTER_CUBIC)
    with tempfile.TemporaryDirectory() as folder:
        image_cache.CACHE = Path(folder, 'images.sqlite')
        files = [Path(folder, f'{index}.jpg') for index in range(args.images)]
        for file in files:
            write_image(file, image)

        def decode() -> None:
            for file in files:
                cv2.imread(str(file))

        def check() -> None:
            for file in files:
                image_size(file)

        def look_up() -> None:
            with image_cache.HeaderCache() as headers:
                for file in files:
                    headers.header(file)

        _, header, cached = ratios([decode, check, look_up], args.rounds)
    print(f'of the time of decoding: {header:.1%} to check a file, {cached:.1%} with the cache')


if __name__ == '__main__':
    run_tool(main)
