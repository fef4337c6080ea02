"""Wrong input is answered with one sentence, not with a traceback."""

import sys
from collections.abc import Callable


class InputError(ValueError):
    """What a user gave is wrong; the message names it and says what to do."""


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
