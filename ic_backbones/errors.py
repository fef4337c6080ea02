"""Errors that a tool prints as one sentence instead of a traceback."""

import atexit
import json
import os
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable

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


class InputError(ValueError):
    """The user's input is wrong; the message names it and says what to do."""

    def __init__(self, message: str) -> None:
        # A data loader raises its worker's exception again, with the traceback as the message.
        if message.startswith('Caught InputError in '):
            message = message.rpartition('InputError: ')[2].strip()
        super().__init__(message)


class Terminated(KeyboardInterrupt):
    """A SIGTERM, sent by ``kill``, a launcher or a cluster; it stops a tool as Ctrl-C does."""


def one_line(error: BaseException) -> str:
    """Put an exception into one line, without the files of the classes that were being built."""
    text = re.sub(r'class `(\w+)` in \S+\.py: ', r'\1: ', ' '.join(str(error).split()))
    return f'{type(error).__name__}: {text}'[:300]


def exit_code(error: KeyboardInterrupt) -> int:
    """The exit code of a shell's process that Ctrl-C or SIGTERM has ended."""
    return 128 + (signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT)


def run_tool(main: Callable[[], int | None]) -> None:
    """Run ``main`` as the whole of a process, and exit with the code that it returns.

    An InputError is printed as one sentence, with exit code 1. So is any unforeseen exception,
    whose traceback is written to a file that the sentence names. Ctrl-C exits with 130, SIGTERM
    with 143.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _exit(main())
    except InputError as error:
        sentence = str(error)
    except KeyboardInterrupt as error:
        print('\nstopped', file=sys.stderr)
        _exit(exit_code(error))
    except Exception as error:
        sentence = (
            f'{os.path.basename(sys.argv[0])}: an unforeseen {one_line(error)}; please report it '
            f'with {_traceback_file(error)}'
        )
    _tell_launcher(sentence)
    _exit(f'error: {sentence}')


def _exit(code: int | str | None) -> None:
    """As sys.exit; but the threads of a process group abort a process that takes down Python."""
    distributed = sys.modules.get('torch.distributed')
    if distributed is None or not distributed.is_initialized():
        sys.exit(code)
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def _terminate(signum: int, frame: object) -> None:
    raise Terminated


def _traceback_file(error: Exception) -> str:
    text = ''.join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            'w', prefix='ic_backbones_', suffix='.txt', delete=False
        ) as file:
            file.write(text)
    except OSError:  # the disk is full, so stderr is the only place left
        print(text, file=sys.stderr)
        return 'the traceback above'
    return f'the traceback in {file.name}'


def _tell_launcher(sentence: str) -> None:
    """Let torchrun, which prints last, repeat the sentence of the process that failed first."""
    file = os.environ.get('TORCHELASTIC_ERROR_FILE')
    if file:
        with open(file, 'w') as out:
            json.dump({'message': sentence, 'timestamp': int(time.time())}, out)
