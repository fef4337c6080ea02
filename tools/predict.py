"""Find objects in pictures, or classify the pictures.

CHECKPOINT is the best_*.pth of a training, which also holds its config. Each PICTURE is an image, a
video, a folder, a pattern such as 'photos/*.jpg', or an http(s) address. The results are pictures,
predictions.json and predictions.csv. The file for --onnx comes from tools/export_onnx.py --whole.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, add_trust_option, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('checkpoint', nargs='?', metavar='CHECKPOINT')
    parser.add_argument('pictures', nargs='+', metavar='PICTURE')
    parser.add_argument('--onnx', metavar='FILE', help='a whole detector, in place of a checkpoint')
    parser.add_argument('--config', help='config of the training (default: that in the checkpoint)')
    parser.add_argument('--out', default='predictions', help='folder (default: %(default)s)')
    parser.add_argument('--device', help='such as cpu or cuda:0 (default: a GPU if there is one)')
    parser.add_argument(
        '--score-thr', type=float, metavar='SCORE', help='lowest score of an object (default: 0.3)'
    )
    parser.add_argument(
        '--classes', default='', help='only objects of these classes, separated by commas'
    )
    parser.add_argument('--top', type=int, help='how many classes of a classifier (default: 5)')
    add_trust_option(parser)


def run(args: Namespace) -> int:
    from ic_backbones.errors import InputError
    from ic_backbones.inference.run import choose, predict_all
    from ic_backbones.runs.options import require_writable

    if args.onnx and args.checkpoint:
        args.pictures.insert(0, args.checkpoint)
    elif not args.onnx and not args.checkpoint:
        raise InputError(f'{args.pictures[0]}: no checkpoint; give one and then the pictures')

    for name in args.pictures:
        if name.endswith('.pth'):
            raise InputError(f'{name}: is a checkpoint; give one model, and then pictures alone')
    out = Path(args.out)
    for name in ('predictions.json', 'predictions.csv'):
        require_writable(out / name, '--out')
    if args.onnx:
        from ic_backbones.inference.onnx_detector import OnnxDetector

        predictor = OnnxDetector(args.onnx)
    else:
        from ic_backbones.inference.predictor import Predictor

        predictor = Predictor(args.checkpoint, args.config, args.device)
    classes = [name.strip() for name in args.classes.split(',') if name.strip()]
    choice = choose(predictor, args.score_thr, classes, args.top)
    results = predict_all(predictor, args.pictures, out, choice, args.onnx or args.checkpoint)
    pictures = '1 picture' if results.count == 1 else f'{results.count} pictures'
    print(f'{out}: {pictures}, predictions.json and predictions.csv')
    if results.found_nothing:
        of = f' of {", ".join(classes)}' if classes else ''
        print(
            f'no object{of} has a score of at least {choice.score_thr:g}; a lower --score-thr '
            'shows what has less'
        )
    if results.unreadable:
        print(f'{len(results.unreadable)} could not be read; predictions.json names them')
    return int(bool(results.unreadable))


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
