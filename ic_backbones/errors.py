"""Wrong input is answered with one sentence, not with a traceback."""

import sys
from collections.abc import Callable


class InputError(ValueError):
    """What a user gave is wrong; the message names it and says what to do."""


def run_tool(main: Callable[[], int | None]) -> None:
    """Run a command line's ``main`` and exit with its code, or with 1 and an InputError's sentence."""
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
