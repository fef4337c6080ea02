"""Show all versions and the machine, for a bug report.

The stack, the packages and what is missing or does not fit are printed first, then the machine.
The exit code is 1 if a package without which nothing works is missing or does not fit.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from ic_backbones_tools.command import Command, run_tool

if TYPE_CHECKING:
    from packaging.requirements import Requirement

STACKS = ('onedl', 'openmmlab')
# Sections of torch.__config__.show() and the like, longer than all others together.
LONG = ('PyTorch compiling details',)


def add_arguments(parser: ArgumentParser) -> None:
    """It has none."""


def requirements() -> Iterator[tuple[str, 'Requirement']]:
    """Each requirement of the package with its extra; the extra of the core is empty."""
    from packaging.requirements import Requirement

    for line in metadata.requires('ic-backbones') or ():
        requirement = Requirement(line)
        marker = str(requirement.marker or '')
        yield marker.partition('extra == ')[2].strip('"\''), requirement


def installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def stack() -> str:
    """The family of OpenMMLab packages that is installed."""
    found = [
        name
        for name, package in zip(STACKS, ('onedl-mmengine', 'mmengine'), strict=True)
        if installed(package)
    ]
    if len(found) == 2:
        return 'both onedl and openmmlab, which overwrite each other; uninstall one of the two'
    return found[0] if found else 'none'


def packages(stack: str) -> tuple[list[str], bool]:
    """A line for each package, and whether those without which nothing works fit."""
    wanted = {}
    for extra, requirement in requirements():
        if extra not in STACKS or extra == stack:
            first, versions = wanted.get(requirement.name, (extra, requirement.specifier))
            wanted[requirement.name] = first, versions & requirement.specifier
    lines, complete = [], stack in STACKS
    for name, (extra, versions) in wanted.items():
        version = installed(name)
        if version is None:
            note = f"missing; `pip install 'ic-backbones[{extra}]'`" if extra else 'missing'
        elif versions.contains(version, prereleases=True):
            note = version
        else:
            note = f'{version}, which is not {versions}'
        complete &= note == version or extra not in ('', stack)
        lines.append(f'{name}: {note}')
    return lines, complete


def machine() -> Iterator[str]:
    """What mmengine knows of Python, the compilers, PyTorch and the GPUs."""
    try:
        from mmengine.utils.dl_utils import collect_env

        env = collect_env()
    except ImportError as error:
        env = {'Python': sys.version.replace('\n', ''), 'mmengine': f'missing ({error})'}
    for name, value in env.items():
        if name not in LONG:
            yield f'{name}: {value}'


def run(args: Namespace) -> int:
    found = stack()
    lines, complete = packages(found)
    print(f'ic_backbones: {metadata.version("ic-backbones")}', f'stack: {found}', sep='\n')
    print(*lines, '', *machine(), sep='\n')
    return int(not complete)


main = Command(__file__, __doc__, add_arguments, run)

if __name__ == '__main__':
    run_tool(main)
