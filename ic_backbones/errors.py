"""Wrong input is answered with one sentence, not with a traceback."""

import re
import sys
from collections.abc import Callable


class InputError(ValueError):
    """What a user gave is wrong; the message names it and says what to do."""

    def __init__(self, message: str) -> None:
        # A data loader raises its worker's exception again, with the traceback as the message.
        if message.startswith('Caught InputError in '):
            message = message.rpartition('InputError: ')[2].strip()
        super().__init__(message)


def one_line(error: Exception) -> str:
    """An exception in one line, with the classes that mmengine was building but not their files."""
    text = re.sub(r'class `(\w+)` in \S+\.py: ', r'\1: ', ' '.join(str(error).split()))
    return f'{type(error).__name__}: {text}'[:300]


def run_tool(main: Callable[[], int | None]) -> None:
    """Run ``main`` and exit with its code, with 1 and the sentence of an InputError, or with 130.

    130 is the shell's code for Ctrl-C.
    """
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print('\nstopped', file=sys.stderr)
        sys.exit(130)
