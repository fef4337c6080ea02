"""Test a detector and write a report as an HTML page.

The page holds AP and F1 of each class, curves, a confusion matrix, the worst images, the curves of
the training, the data and the config. CHECKPOINT is the best_*.pth of a training.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, add_run_options, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    add_run_options(parser)
    parser.add_argument('checkpoint', help='file or address')
    parser.add_argument(
        '--split', choices=('test', 'val'), default='test', help='data to test on (default: test)'
    )
    parser.add_argument('--out', help='folder (default: report/ next to the checkpoint)')
    parser.add_argument(
        '--score-thr',
        type=float,
        metavar='SCORE',
        help='lowest score that counts, in hundredths (default: that with the highest mean F1)',
    )


def run(args: Namespace) -> None:
    import json

    from ic_backbones.atomic_write import write_atomically
    from ic_backbones.doctor import check_quick
    from ic_backbones.doctor.report import table
    from ic_backbones.errors import writing
    from ic_backbones.report.evaluate import evaluate
    from ic_backbones.runs.options import load_config
    from ic_backbones.runs.outputs import folder_of, require_writable
    from ic_backbones.weights.checkpoint import Checkpoint

    out = Path(args.out) if args.out else folder_of(args.checkpoint) / 'report'
    args.work_dir = args.work_dir or str(out / 'log')
    page, metrics = out / 'report.html', out / 'metrics.json'
    for file in (page, metrics):
        require_writable(file, '--out')
    cfg = load_config(args, 'model', f'{args.split}_dataloader', f'{args.split}_evaluator')
    check_quick(cfg, [args.split])
    checkpoint = Checkpoint.read(args.checkpoint)
    report = evaluate(cfg, args.config, checkpoint, args.split, args.score_thr)
    with writing(out, 'choose another --out'):
        write_atomically(page, report.html().encode(errors='replace'))
        write_atomically(metrics, json.dumps(report.metrics(), indent=1).encode())
    print(table(report.class_table()))
    print('AP as on COCO; the area under the curve, for data in VOC layout, differs a little')
    print(f'{page}: {page.stat().st_size / 1e6:.1f} MB')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
