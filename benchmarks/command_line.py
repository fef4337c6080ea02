"""Numbers and pictures on the command lines of benchmarks."""

from argparse import ArgumentTypeError
from pathlib import Path

from ic_backbones.errors import InputError
from ic_backbones.runs.outputs import require_writable


def positive(text: str) -> int:
    """``text`` as an integer of at least 1; a type for an argument."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f'{text} is not a positive integer; give at least 1')
    return int(text)


def require_picture(file: str | Path, option: str) -> None:
    """Check, before the measurements, that their picture can be written.

    Raises:
        InputError: It is not a .png file or cannot be written.
    """
    if Path(file).suffix != '.png':
        raise InputError(f'{option} {file}: this is not a .png file; give it such a name')
    require_writable(file, option)
