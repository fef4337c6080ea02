"""Make a backbone file from a trained classifier.

The file is small, and the init_cfg of a detector takes it.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ic_backbones_tools.command import Command, add_trust_option, run_tool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        'checkpoint', help='best_*.pth of a classifier, trained by mmpretrain or tools/train.py'
    )
    parser.add_argument('--out', help="folder for the files (default: the checkpoint's)")
    add_trust_option(parser)


def run(args: Namespace) -> None:
    from ic_backbones.detector_lines import detector_lines
    from ic_backbones.runs.outputs import folder_of, make_folder
    from ic_backbones.weights.checkpoint import Checkpoint
    from ic_backbones.weights.export import export_backbone

    folder = Path(args.out) if args.out else folder_of(args.checkpoint)
    checkpoint = Checkpoint.read(args.checkpoint)
    make_folder(folder, '--out')
    config = Path(args.checkpoint).resolve().parent.name
    files = export_backbone(checkpoint, folder / f'{config}_{Path(args.checkpoint).stem}_backbone')
    for file in files:
        print(f'{file}: {file.stat().st_size / 1e6:.1f} MB')
    print(f'\n# in the config of a detector\n{detector_lines(checkpoint, files[-1])}')


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
