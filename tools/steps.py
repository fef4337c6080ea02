"""Run several tools one after the other."""

import shlex
import subprocess
import sys


def step(tool: str, *argv: str) -> None:
    """Print the command line of a tool and run it.

    Args:
        tool: Its name for ``ic-backbones``.
        argv: Its arguments.

    Raises:
        InputError: The tool has ended with an exit code other than 0.
    """
    from ic_backbones.errors import InputError

    print('\n$', shlex.join(['ic-backbones', tool, *argv]), flush=True)
    code = subprocess.run([sys.executable, '-m', 'ic_backbones_tools', tool, *argv]).returncode
    if code:
        raise InputError(f'{tool}: ended with exit code {code}; see its message above')
