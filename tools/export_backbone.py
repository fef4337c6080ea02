"""Make a small backbone file from a trained classifier, for the init_cfg of a detector.

python tools/export_backbone.py work_dirs/ic_resnet18_wld_30e/epoch_30.pth [--out FOLDER]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ic_backbones.errors import run_tool
from ic_backbones.runs.options import make_folder
from ic_backbones.weights.checkpoint import Checkpoint
from ic_backbones.weights.export import export_backbone, init_cfg_lines
from ic_backbones.weights.loader import add_trust_option


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'checkpoint', help='checkpoint of a classifier, by mmpretrain or tools/train.py'
    )
    parser.add_argument('--out', help="folder for the files (default: the checkpoint's)")
    add_trust_option(parser)
    args = parser.parse_args(argv)

    checkpoint = Checkpoint.read(args.checkpoint)
    folder = Path(args.out or Path(args.checkpoint).parent)
    make_folder(folder, '--out')
    config = Path(args.checkpoint).resolve().parent.name
    files = export_backbone(checkpoint, folder / f'{config}_{Path(args.checkpoint).stem}_backbone')
    for file in files:
        print(f'{file}: {file.stat().st_size / 1e6:.1f} MB')
    print(f'\n# in the config of a detector\n{init_cfg_lines(checkpoint, files[-1])}')


if __name__ == '__main__':
    run_tool(main)
