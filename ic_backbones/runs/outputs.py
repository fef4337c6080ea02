"""Whether what a command line names as its output can be written, before the work is done."""

import os
from pathlib import Path

from ..errors import InputError
from ..regular_file import require_regular


def require_writable(file: str | Path, option: str) -> None:
    """Make the folder of the file that ``option`` names, and check that the file can be written.

    Raises:
        InputError: It cannot be written; nothing is lost yet.
    """
    file = Path(file)
    make_folder(file.parent, option)
    is_new = not file.exists()
    try:
        if not is_new:
            require_regular(file)
        file.open('ab').close()
    except (OSError, ValueError) as error:
        raise InputError(
            f'{file}: the file cannot be written ({error}); choose another {option}'
        ) from error
    if is_new:
        file.unlink()


def first_line(file: str | Path) -> str:
    """The first line of a text file, by which a table tells what has written it.

    It is empty where there is no file.
    """
    if not Path(file).is_file():
        return ''
    with open(file, encoding='utf-8', errors='replace') as lines:
        return lines.readline(1000).rstrip()


def folder_of(checkpoint: str) -> Path:
    """The folder of a checkpoint, for what is made of it.

    Raises:
        InputError: The checkpoint is an address.
    """
    if '://' in checkpoint:
        raise InputError(f'{checkpoint}: is an address and has no folder; name one by --out')
    return Path(checkpoint).parent


def make_folder(folder: str | Path, option: str) -> None:
    """Make the folder that ``option`` names, unless it exists.

    Raises:
        InputError: It cannot be made, or nothing can be written into it.
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'{folder}: the folder cannot be made ({error.strerror}); choose another {option}'
        ) from error
    if not os.access(folder, os.W_OK):
        raise InputError(f'{folder}: the folder cannot be written; choose another {option}')
