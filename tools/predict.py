"""Find objects in pictures, or classify the pictures.

MODEL is the best_*.pth of a training, which also holds its config, or a whole detector that
tools/export_onnx.py has written, an .onnx file. Each PICTURE is an image, a video, a folder, a
pattern such as 'photos/*.jpg', or an http(s) address. The results are pictures, predictions.json
and predictions.csv.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, add_trust_option, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('model', metavar='MODEL')
    parser.add_argument('pictures', nargs='+', metavar='PICTURE')
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
    from ic_backbones.inference.results import JSON, TABLE, require_own
    from ic_backbones.inference.run import choose, predict_all
    from ic_backbones.runs.outputs import require_writable

    for name in args.pictures:
        if name.endswith(('.pth', '.onnx')):
            raise InputError(f'{name}: is a second model; give one model, and then only pictures')
    out = Path(args.out)
    for name in (JSON, TABLE):
        require_writable(out / name, '--out')
    require_own(out)
    if args.model.endswith('.onnx'):
        from ic_backbones.inference.onnx_detector import OnnxDetector

        for option in ('config', 'device'):
            if getattr(args, option):
                raise InputError(f'--{option}: is for a .pth file, not for .onnx; leave it out')
        predictor = OnnxDetector(args.model)
    else:
        from ic_backbones.inference.predictor import Predictor

        predictor = Predictor(args.model, args.config, args.device)
    classes = [name.strip() for name in args.classes.split(',') if name.strip()]
    choice = choose(predictor, args.score_thr, classes, args.top)
    results = predict_all(predictor, args.pictures, out, choice, args.model)
    pictures = '1 picture' if results.count == 1 else f'{results.count} pictures'
    print(f'{out}: {pictures}, predictions.json and predictions.csv')
    if results.found_nothing:
        of = f' of {", ".join(classes)}' if classes else ''
        print(
            f'no object{of} has a score of at least {choice.score_thr:g}; a lower --score-thr '
            'shows what has less'
        )
    if results.unreadable:
        print(
            f'{len(results.unreadable)} could not be read, or not in whole; predictions.json names '
            'them'
        )
    return int(bool(results.unreadable))


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
