"""Print the models that ic_backbones.create makes.

The table is in Markdown. The multiply-adds are the classifier's, for the image size in pixels;
channels and strides are those of the maps that features_only=True gives.
"""

from argparse import ArgumentParser, Namespace

from ic_backbones_tools.command import Command, run_tool


def table(pattern: str = '*') -> str:
    from ic_backbones import list_models, model_info

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


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        'pattern', nargs='?', default='*', help="shell pattern of the names, such as 'ic_*'"
    )


def run(args: Namespace) -> None:
    from ic_backbones import list_models
    from ic_backbones.errors import InputError

    if not list_models(args.pattern):
        raise InputError(f'{args.pattern}: matches no model; leave it out to see all')
    print(table(args.pattern))


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
