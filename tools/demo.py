"""Train a detector on drawn data and show what it finds.

The detector is Faster R-CNN with an IC-ResNet. If it is run again, it continues where it stopped;
remove work_dirs/demo to start from scratch.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ic_backbones_tools.command import Command, run_tool
from ic_backbones_tools.steps import step

if TYPE_CHECKING:
    import numpy as np

CONFIG = 'configs/faster_rcnn_ic_r18_sample.py'


def contact_sheet(pictures: list[Path]) -> np.ndarray:
    """Arrange pictures of one size in rows of two."""
    import cv2
    import numpy as np

    images = [cv2.imread(str(path)) for path in pictures]
    return np.vstack([np.hstack(images[i : i + 2]) for i in range(0, len(images), 2)])


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='of the training (default: 0); any other trains in work_dirs/demo_SEED',
    )


def run(args: Namespace) -> None:
    import cv2

    from ic_backbones.runs.work_dir import best_checkpoint

    out = Path('work_dirs') / (f'demo_{args.seed}' if args.seed else 'demo')

    step('make-sample-voc')
    seed = f'randomness.seed={args.seed}'
    step('train', CONFIG, '--work-dir', str(out), '--resume', '--cfg-options', seed)
    test = (CONFIG, best_checkpoint(out), '--work-dir', str(out / 'test'))
    step('test', *test, '--show-dir', str(out / 'pictures'))
    step('plot-curves', str(out), '--out', str(out / 'curves.png'))

    pictures = sorted((out / 'pictures').rglob('*.jpg'))
    cv2.imwrite(str(out / 'predictions.png'), contact_sheet(pictures[:8]))
    report = max((out / 'test').glob('*/*.json'))
    mean = json.loads(report.read_text())['pascal_voc/mAP']
    print(
        f'\nmAP on the test split: {mean:.3f} (IoU 0.5, VOC12, area under the curve)\n'
        f'predictions, truth on the left: {out / "predictions.png"}, all in {out / "pictures"}\n'
        f'loss and mAP over the epochs:   {out / "curves.png"}'
    )


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
