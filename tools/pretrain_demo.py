"""Go from a classifier to an IC detector on drawn data.

1. Shapes are drawn for the detector and cut out for the classifiers.
2. A plain ResNet-18 learns to tell them apart: the teacher.
3. IC-ResNet-18 starts from its weights and learns from it: weak logit distillation.
4. Its backbone becomes a file.
5. Faster R-CNN starts from that file; its mAP is printed.

The tool prints each command, and the same commands work for your own data. If it is run again, it
continues where it stopped; remove work_dirs/pretrain_demo to start from scratch.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, run_tool
from ic_backbones_tools.steps import step

TEACHER = 'configs/sample/resnet18_20e.py'
STUDENT = 'configs/sample/ic_resnet18_wld_10e.py'
DETECTOR = 'configs/faster_rcnn_ic_r18_pretrained_sample.py'


def train(config: str, work_dir: Path, *options: str) -> str:
    """Start or continue a training, and return its last checkpoint."""
    from ic_backbones.runs.work_dir import last_checkpoint

    cfg_options = ['--cfg-options', 'randomness.seed=0', *options]
    step('train', config, '--work-dir', str(work_dir), '--resume', *cfg_options)
    return last_checkpoint(work_dir)


def data_root(folder: str) -> list[str]:
    """The options that give all three data sets this folder."""
    return [f'{name}_dataloader.dataset.data_root={folder}' for name in ('train', 'val', 'test')]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        '--voc',
        default='data/sample_voc',
        help='folder for the drawn detection set (default: %(default)s)',
    )
    parser.add_argument(
        '--crops',
        default='data/sample_crops',
        help='folder for the objects that are cut out (default: %(default)s)',
    )
    parser.add_argument(
        '--work-dir',
        default='work_dirs/pretrain_demo',
        help='where everything else goes (default: %(default)s)',
    )
    parser.add_argument(
        '--images',
        nargs=2,
        default=['240', '60'],
        metavar=('TRAIN', 'VAL'),
        help='numbers of images to draw (default: 240 60)',
    )
    parser.add_argument(
        '--options', nargs='*', default=[], help='further --cfg-options of all three training runs'
    )


def run(args: Namespace) -> None:
    from ic_backbones.datasets.voc.crops import make_object_crops
    from ic_backbones.runs.scalars import read_scalars

    out = Path(args.work_dir)

    train_images, val_images = args.images
    step('make-sample-voc', '--out', args.voc, '--train', train_images, '--val', val_images)
    for split in ('train', 'val'):
        print(f'{args.crops}/{split}:', make_object_crops(args.voc, args.crops, split), 'objects')

    crops = data_root(args.crops)
    teacher = train(TEACHER, out / 'teacher', *crops, *args.options)
    start = f'model.teacher_checkpoint={teacher}'
    student = train(STUDENT, out / 'wld', start, *crops, *args.options)

    for old in out.glob('wld_*_backbone-*'):
        old.unlink()
    step('export-backbone', student, '--out', str(out))
    (backbone,) = out.glob('wld_*_backbone-*.pth')

    start = f'model.backbone.init_cfg.checkpoint={backbone}'
    options = [start, *data_root(args.voc), *args.options]
    detector = train(DETECTOR, out / 'detector', *options)
    test = ['--work-dir', str(out / 'test'), '--cfg-options', *options]
    step('test', DETECTOR, detector, *test)

    report = json.loads(max((out / 'test').glob('*/*.json')).read_text())
    shares = [read_scalars(out / name).val[-1]['accuracy/top1'] for name in ('teacher', 'wld')]
    print(
        f'\naccuracy of the teacher {shares[0]:.1f} %, of the student {shares[1]:.1f} %\n'
        f'backbone for detectors: {backbone}\n'
        f'mAP on the test split {report["pascal_voc/mAP"]:.3f} (IoU 0.5, area under the curve)'
    )


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
