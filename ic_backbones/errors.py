"""Errors that a tool prints as one sentence instead of a traceback."""

import difflib
import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# What a wrong value in a config or an argument raises while a network or a runner is built from it.
BUILD_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
# What to do if the system has no room for a file.
NO_ROOM = {
    errno.ENOSPC: 'free some space',
    errno.EDQUOT: 'free some space of your quota',
    errno.EFBIG: 'raise the limit of file sizes (ulimit -f)',
}


class InputError(ValueError):
    """The user's input is wrong; the message names it and says what to do."""

    def __init__(self, message: str) -> None:
        # A data loader raises its worker's exception again, with the traceback as the message.
        if message.startswith('Caught InputError in '):
            message = message.rpartition('InputError: ')[2].strip()
        super().__init__(message)


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """The end of a sentence on an unknown name: the known one that is close, or other advice."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{close[0]}'?" if close else otherwise


@contextmanager
def writing(path: str | Path, advice: str = 'choose another folder') -> Iterator[None]:
    """Turn the system's refusal to write into one sentence.

    Args:
        path: The file or folder that is written in the block.
        advice: What the error tells the user to do, unless the disk is full.

    Raises:
        InputError: An ``OSError`` was raised in the block.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f'{path}: cannot be written ({error.strerror or error}); '
            f'{NO_ROOM.get(error.errno, advice)}'
        ) from error


def one_line(error: BaseException) -> str:
    """An exception on one line, without the paths of the classes that were being built."""
    text = re.sub(r'class `(\w+)` in \S+\.py: ', r'\1: ', ' '.join(str(error).split()))
    return f'{type(error).__name__}: {text}'[:300]
