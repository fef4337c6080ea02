"""What the tools share: how a command line is described, how it is called, and how it ends.

``--help`` answers at once because this module and the top of every tool import nothing but the
standard library. PyTorch and the package, which take seconds, are imported by the tool's ``run``.
"""

import argparse
import atexit
import json
import logging
import os
import signal
import sys
import tempfile
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')


@dataclass(frozen=True)
class Command:
    """A tool as a function of its arguments, which returns the exit code.

    Args:
        file: The ``__file__`` of the tool.
        description: The text of its ``--help``; the list of all tools shows its first line, which
            therefore has at most 55 characters.
        add_arguments: Adds the arguments of the tool to a parser.
        run: Does the work. It gets the parsed arguments, and ``words``, the whole command line.
    """

    file: str
    description: str
    add_arguments: Callable[[ArgumentParser], object]
    run: Callable[[Namespace], int | None]

    def __call__(self, argv: Sequence[str] | None = None) -> int | None:
        return execute(self.parse(argv))

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        prog = f'python tools/{Path(self.file).name}'
        return parse(self.add_to(lambda **kwargs: ArgumentParser(prog=prog, **kwargs)), argv)

    def add_to(self, make_parser: Callable[..., ArgumentParser]) -> ArgumentParser:
        """The parser of this tool, made by ``ArgumentParser`` or by the parser of all tools."""
        parser = make_parser(
            description=self.description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        self.add_arguments(parser)
        parser.set_defaults(run=self.run)
        return parser


def parse(parser: ArgumentParser, argv: Sequence[str] | None) -> Namespace:
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(argv)
    args.words = [*parser.prog.split(), *argv]
    return args


def execute(args: Namespace) -> int | None:
    """Do the work of the tool whose arguments these are."""
    with suppress(ImportError):  # which the tool raises again where it needs the package
        import ic_backbones  # noqa: F401  before the packages that it silences

    if not getattr(args, 'trust_checkpoint', False):
        return args.run(args)
    from ic_backbones.weights.loader import trust_checkpoints

    with trust_checkpoints():
        return args.run(args)


def add_run_options(parser: ArgumentParser) -> None:
    """Add the arguments that training and testing share, for ``runs.options.load_config``."""
    parser.add_argument('config', help='config file, or the name of one of ic_backbones')
    parser.add_argument(
        '--work-dir',
        help='where logs go (default: ./work_dirs/<config name>; of evaluate: log/ in --out)',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        default=[],
        metavar='KEY=VALUE',
        help='override the config, e.g. model.backbone.depth=18 train_cfg.max_epochs=4',
    )
    add_trust_option(parser)
    parser.set_defaults(launcher='none', local_rank=0)


def add_launcher_options(parser: ArgumentParser) -> None:
    """Add those of a tool that several processes can run; add_run_options sets their defaults."""
    parser.add_argument('--launcher', choices=LAUNCHERS)
    parser.add_argument('--local_rank', '--local-rank', type=int)


def add_trust_option(parser: ArgumentParser) -> None:
    """Add the option ``--trust-checkpoint``, without which a tool trusts no checkpoint."""
    parser.add_argument(
        '--trust-checkpoint',
        action='store_true',
        help='load a checkpoint even if it runs code; only for files whose author you trust',
    )


class Terminated(KeyboardInterrupt):
    """A SIGTERM, sent by ``kill``, a launcher or a cluster; it stops a tool as Ctrl-C does."""


def exit_code(error: KeyboardInterrupt) -> int:
    """The exit code that shells use for a process that Ctrl-C or SIGTERM has ended."""
    return 128 + (signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT)


def run_tool(main: Callable[[], int | None]) -> None:
    """Run ``main`` as the whole of a process, and exit with the code that it returns.

    An InputError is printed as one sentence, with exit code 1. So is any unforeseen exception,
    whose traceback is written to a file that the sentence names. Ctrl-C exits with 130, SIGTERM
    with 143, and the end of whoever reads the output, such as ``head``, with 141.
    """
    signal.signal(signal.SIGTERM, _terminate)
    _let_sigterm_end_workers()
    logging.raiseExceptions = False  # on a full disk, every line of a log would be a traceback
    try:
        _exit(main())
    except KeyboardInterrupt as error:
        print('\nstopped', file=sys.stderr)
        _exit(exit_code(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the last flush
        _exit(128 + signal.SIGPIPE)
    except Exception as error:
        sentence = _sentence(error)
    _tell_launcher(sentence)
    _exit(f'error: {sentence}')


def _let_sigterm_end_workers() -> None:
    """Give forked workers the default handler of SIGTERM, and hold the signal until they have it.

    A worker that has just been forked, or that waits for a lock, can miss a handler written in
    Python, and mmdet's evaluation sends its workers one SIGTERM and waits for their end.
    """
    block = partial(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGTERM})
    unblock = partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, {signal.SIGTERM})

    def in_child() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        unblock()

    os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=in_child)


def _sentence(error: Exception) -> str:
    # A module that is not loaded yet has raised nothing. If the package cannot be imported, its
    # ImportError says what is missing.
    errors = sys.modules.get('ic_backbones.errors')
    if errors and isinstance(error, errors.InputError):
        return str(error)
    if isinstance(error, ImportError) and error.name == 'ic_backbones':
        return str(error)
    described = errors.one_line(error) if errors else repr(error)
    return (
        f'{os.path.basename(sys.argv[0])}: an unforeseen {described}; please report it with '
        f'{_traceback_file(error)}'
    )


def _exit(code: int | str | None) -> None:
    """Exit, but without Python's own shutdown if the threads of a process group would abort it."""
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
