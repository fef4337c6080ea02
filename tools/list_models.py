"""Print the models that ic_backbones.create makes, as a Markdown table.

python tools/list_models.py [PATTERN], for example 'ic_*'

The multiply-adds are the classifier's, for the image size in pixels; channels and strides are those
of the maps that features_only=True gives.
"""

import argparse

from ic_backbones import list_models, model_info
from ic_backbones.errors import InputError, run_tool


def table(pattern: str = '*') -> str:
    lines = [
        '| model | size | parameters (M) | multiply-adds (G) | channels | strides |',
        '|---|---|---|---|---|---|',
    ]
    for name in list_models(pattern):
        info = model_info(name)
        figures = f'{info["parameters"] / 1e6:.2f} | {info["macs"] / 1e9:.3f}'
        channels, strides = (', '.join(map(str, info[key])) for key in ('channels', 'strides'))
        lines.append(f'| `{name}` | {info["size"]} | {figures} | {channels} | {strides} |')
    return '\n'.join(lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('pattern', nargs='?', default='*', help='shell pattern of the names')
    pattern = parser.parse_args(argv).pattern
    if not list_models(pattern):
        raise InputError(f'{pattern}: matches no model; leave it out to see all')
    print(table(pattern))


if __name__ == '__main__':
    run_tool(main)
