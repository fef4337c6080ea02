"""The operations on checkpoint files, one by one, so that a training can die at any of them."""

import builtins
import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import IO, NamedTuple
from unittest import mock

CHUNKS = 4


class Operation(NamedTuple):
    """What a training is about to do to a file, or has just done.

    Attributes:
        what: 'open', 'write', 'close', 'sync', 'rename' or 'remove'.
        name: Name of the file (of a folder for its own 'sync'), without its folder.
    """

    what: str
    name: str


def watch(notice: Callable[[Operation], None], delay: float = 0.0) -> None:
    """Call ``notice`` before and after each operation on checkpoints, and between two pieces.

    For the rest of the process, which is a child that ends with its training.

    Args:
        notice: Called with the operation.
        delay: Seconds that every piece of a file takes on the way to a slow disk.
    """
    really_open = builtins.open

    def open_watched(path, mode='r', *args, **kwargs):
        if 'w' not in mode or not _of_a_checkpoint(path):
            return really_open(path, mode, *args, **kwargs)
        notice(Operation('open', _name(path)))
        file = _SlowFile(really_open(path, mode, *args, **kwargs), notice, delay)
        notice(Operation('open', _name(path)))
        return file

    def watched(what: str, function: Callable) -> Callable:
        def call(*args, **kwargs):
            path = args[-1] if what == 'rename' else args[0]
            if what == 'sync':
                path = os.readlink(f'/proc/self/fd/{path}')
            elif not _of_a_checkpoint(path):
                return function(*args, **kwargs)
            notice(Operation(what, _name(path)))
            result = function(*args, **kwargs)
            notice(Operation(what, _name(path)))
            return result

        return call

    mock.patch('builtins.open', open_watched).start()
    for what, names in dict(
        sync=['fsync'], rename=['replace'], remove=['remove', 'unlink']
    ).items():
        for name in names:
            mock.patch.object(os, name, watched(what, getattr(os, name))).start()


class _SlowFile:
    """A file that is written in ``CHUNKS`` pieces, each of which reaches the system at once."""

    def __init__(self, file: IO, notice: Callable, delay: float) -> None:
        self._file, self._notice, self._delay = file, notice, delay

    def write(self, data: bytes | str) -> int:
        for piece in _pieces(data):
            time.sleep(self._delay)
            self._file.write(piece)
            self._file.flush()
            self._notice(Operation('write', _name(self._file.name)))
        return len(data)

    def __enter__(self) -> '_SlowFile':
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._notice(Operation('close', _name(self._file.name)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def _pieces(data: bytes | str) -> Iterator[bytes | str]:
    bounds = [len(data) * i // CHUNKS for i in range(CHUNKS + 1)]
    return (data[start:end] for start, end in pairwise(bounds))


def _name(path: str | os.PathLike) -> str:
    return os.path.basename(os.fspath(path))


def _of_a_checkpoint(path: object) -> bool:
    return isinstance(path, str | os.PathLike) and (
        '.pth' in _name(path) or 'last_checkpoint' in _name(path)
    )
