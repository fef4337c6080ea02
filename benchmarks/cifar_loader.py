"""Time to load an epoch of CIFAR-10 image by image and in whole batches, one thread.

    python benchmarks/cifar_loader.py [--images 5000] [--rounds 5]

Both ways run the recipe's pipeline (random crop, random flip) and the data preprocessor on the
images of data/cifar10, alternately in one process; decoding them once is not counted.
"""

import argparse
from collections.abc import Sequence

from command_line import positive
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner
from timing import Run, parse, ratios

from ic_backbones.config_file import read_config
from ic_backbones_tools.command import run_tool

CONFIG = 'cifar10/resnet18_200e'


def epoch(cfg: Config, images: int, batched: bool) -> Run:
    """Load ``images`` images once and normalise them."""
    loader = dict(cfg.train_dataloader, num_workers=0, persistent_workers=False)
    loader['dataset'] = dict(loader['dataset'], indices=images, batched=batched)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        batches = Runner.build_dataloader(loader, seed=0)
        normalise = MODELS.build(dict(cfg.data_preprocessor, type='ClsDataPreprocessor'))

    def run() -> None:
        for batch in batches:
            normalise(batch, training=True)

    return run


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--images', type=positive, default=5000)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(__doc__, argv, 5, add_options)
    cfg = read_config(CONFIG)
    runs = [epoch(cfg, args.images, batched) for batched in (True, False)]
    print(f'image by image / batched: {ratios(runs, args.rounds)[1]:.2f}')


if __name__ == '__main__':
    run_tool(main)
