"""Run several tools one after the other."""

import shlex
import subprocess
import sys

from ..errors import InputError


def run(*command: str) -> None:
    """Print a command line of the project and run it.

    Args:
        command: The path of the tool and its arguments.

    Raises:
        InputError: The command has ended with an exit code other than 0.
    """
    print('\n$', shlex.join(['python', *command]), flush=True)
    code = subprocess.run([sys.executable, *command]).returncode
    if code:
        raise InputError(f'{command[0]}: it ended with exit code {code}; see its message above')
