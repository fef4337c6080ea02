"""Tools that are other tools, one after the other."""

import shlex
import subprocess
import sys

from ..errors import InputError


def run(*command: str) -> None:
    """Echo a command line of the project and run it.

    Raises:
        InputError: it ended with another exit code than 0.
    """
    print('\n$', shlex.join(['python', *command]), flush=True)
    code = subprocess.run([sys.executable, *command]).returncode
    if code:
        raise InputError(f'stopped: {command[0]} ended with exit code {code}')
