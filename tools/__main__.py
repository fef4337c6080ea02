"""All tools as one command: ic-backbones TOOL [arguments]."""

import pkgutil
from argparse import Action, ArgumentParser
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module, metadata

import ic_backbones_tools
from ic_backbones_tools.command import Command, execute, parse, run_tool


def tools() -> Iterator[tuple[str, Command]]:
    """Name and command of every tool, in the order of their names."""
    for module in pkgutil.iter_modules(ic_backbones_tools.__path__):
        if module.name != '__main__':
            command = getattr(import_module(f'ic_backbones_tools.{module.name}'), 'main', None)
            if isinstance(command, Command):
                yield module.name.replace('_', '-'), command


class _PrintCompletion(Action):
    """Print what a shell needs to complete the tools, their options and file names."""

    def __call__(self, parser, namespace, shell, option_string=None):
        try:
            import shtab
        except ImportError:
            parser.error(f'{option_string}: needs the package shtab; `pip install shtab`')
        for tool in self.const.choices.values():
            for action in tool._actions:
                if action.nargs != 0 and not action.choices:
                    action.complete = shtab.FILE
        print(shtab.complete(parser, shell))
        parser.exit()


def make_parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog='ic-backbones',
        description='Train, test and examine IC-ResNet and the other backbones of ic_backbones.',
        epilog='`ic-backbones TOOL --help` says more about a tool.',
    )
    version = f'ic_backbones {metadata.version("ic-backbones")}'
    parser.add_argument('--version', action='version', version=version)
    group = parser.add_subparsers(title='tools', metavar='TOOL', required=True)
    for name, command in tools():
        command.add_to(partial(group.add_parser, name, help=command.description.split('\n')[0]))
    parser.add_argument(
        '--print-completion',
        action=_PrintCompletion,
        const=group,
        choices=('bash', 'zsh', 'tcsh'),
        help='for tools, options and files: eval "$(ic-backbones --print-completion bash)"',
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int | None:
    return execute(parse(make_parser(), argv))


def console_script() -> None:
    run_tool(main)


if __name__ == '__main__':
    console_script()
