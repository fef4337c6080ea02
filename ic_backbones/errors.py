"""Errors that a tool prints as one sentence instead of a traceback."""

import errno
import re

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
# What to do where the system has no room for a file.
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


def one_line(error: BaseException) -> str:
    """Put an exception into one line, without the files of the classes that were being built."""
    text = re.sub(r'class `(\w+)` in \S+\.py: ', r'\1: ', ' '.join(str(error).split()))
    return f'{type(error).__name__}: {text}'[:300]
