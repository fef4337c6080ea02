"""Print what ic_backbones.create makes, as a Markdown table: python tools/list_models.py.

Multiply-adds are the classifier's, for the image size in pixels; channels and strides are those of
the maps that features_only=True gives.
"""

import argparse

from ic_backbones import list_models, model_info
from ic_backbones.errors import run_tool


def table() -> str:
    lines = [
        '| model | size | parameters (M) | multiply-adds (G) | channels | strides |',
        '|---|---|---|---|---|---|',
    ]
    for name in list_models():
        info = model_info(name)
        figures = f'{info["parameters"] / 1e6:.2f} | {info["macs"] / 1e9:.3f}'
        channels, strides = (', '.join(map(str, info[key])) for key in ('channels', 'strides'))
        lines.append(f'| `{name}` | {info["size"]} | {figures} | {channels} | {strides} |')
    return '\n'.join(lines)


def main(argv: list[str] | None = None) -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args(argv)
    print(table())


if __name__ == '__main__':
    run_tool(main)
