"""Train Faster R-CNN with an IC-ResNet on drawn data, then show what it finds.

If it is run again, it continues where it stopped; remove work_dirs/demo to start from scratch.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from ic_backbones.errors import run_tool
from ic_backbones.runs.steps import run
from ic_backbones.runs.work_dir import last_checkpoint

CONFIG = 'configs/faster_rcnn_ic_r18_sample.py'


def contact_sheet(pictures: list[Path], columns: int = 2) -> np.ndarray:
    """Arrange pictures of one size in rows."""
    images = [cv2.imread(str(path)) for path in pictures]
    rows = [np.hstack(images[i : i + columns]) for i in range(0, len(images), columns)]
    return np.vstack(rows)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(argv)
    out = Path('work_dirs') / (f'demo_{args.seed}' if args.seed else 'demo')

    run('tools/make_sample_voc.py')
    seed = f'randomness.seed={args.seed}'
    run('tools/train.py', CONFIG, '--work-dir', str(out), '--resume', '--cfg-options', seed)
    test = ('tools/test.py', CONFIG, last_checkpoint(out), '--work-dir', str(out / 'test'))
    run(*test, '--show-dir', str(out / 'pictures'))
    run('tools/plot_curves.py', str(out), '--out', str(out / 'curves.png'))

    pictures = sorted((out / 'pictures').rglob('*.jpg'))
    cv2.imwrite(str(out / 'predictions.png'), contact_sheet(pictures[:8]))
    report = max((out / 'test').glob('*/*.json'))
    mean = json.loads(report.read_text())['pascal_voc/mAP']
    print(
        f'\nmAP on the test split: {mean:.3f} (IoU 0.5, VOC12, area under the curve)\n'
        f'predictions, truth on the left: {out / "predictions.png"}, all in {out / "pictures"}\n'
        f'loss and mAP over the epochs:   {out / "curves.png"}'
    )


if __name__ == '__main__':
    run_tool(main)
