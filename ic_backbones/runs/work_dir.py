"""The work dir of a run: its checkpoints, and the lock that keeps a second training out."""

import fcntl
import glob
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..atomic_write import write_atomically
from ..errors import InputError

NOTE = 'last_checkpoint'  # mmengine's file with the path of the last checkpoint
CHECKPOINTS = ('epoch_*.pth', 'iter_*.pth', 'best_*.pth')


def last_checkpoint(work_dir: str | Path) -> str | None:
    """The checkpoint that the note in the work dir names, if it still exists.

    Returns:
        The path; None if the note is missing or does not name a file.
    """
    note = Path(work_dir) / NOTE
    if not note.is_file():  # opening a FIFO would wait forever
        return None
    try:
        written = Path(note.read_text(errors='replace').strip())
        # The note holds the path at the time of writing, but a work dir that was moved or copied
        # must continue from its own files. Only a CheckpointHook with an out_dir writes elsewhere.
        for path in (note.parent / written.name, written):
            if path.is_file():
                return str(path)
    except OSError:
        pass
    return None


def what_is_saved(work_dir: str | Path) -> str:
    """The end of the sentence with which a training stops: the checkpoint to go back to."""
    saved = last_checkpoint(work_dir)
    return f'the last checkpoint, {saved}, is sound' if saved else 'there is no checkpoint'


def best_checkpoint(work_dir: str | Path) -> str | None:
    """The newest checkpoint with the best validation metric, or else the last checkpoint."""
    best = [path for path in checkpoints(work_dir) if path.name.startswith('best_')]
    return str(best[0]) if best else last_checkpoint(work_dir)


def checkpoints(work_dir: str | Path) -> list[Path]:
    """The checkpoint files in the work dir, also those named like the noted one, newest first."""
    noted = last_checkpoint(work_dir)
    own = [re.sub(r'\d+', '*', glob.escape(Path(noted).name))] if noted else []
    found = {path for pattern in (*CHECKPOINTS, *own) for path in Path(work_dir).glob(pattern)}
    return sorted(found, key=lambda path: path.lstat().st_mtime, reverse=True)


def holds_run(work_dir: str | Path) -> bool:
    """Whether a training has saved a checkpoint here."""
    return os.path.lexists(Path(work_dir) / NOTE) or bool(checkpoints(work_dir))


def note_checkpoint(work_dir: str | Path, checkpoint: str) -> None:
    """Make the note name ``checkpoint``, whatever it was before."""
    note = Path(work_dir) / NOTE
    if note.is_dir() and not note.is_symlink():
        note.rename(note.with_name(f'{NOTE}.{time.time_ns()}'))
    write_atomically(note, checkpoint.encode())


def put_aside(work_dir: str | Path) -> Path:
    """Move the checkpoints of an earlier run into a new folder below the work dir.

    Returns:
        That folder.
    """
    folder = Path(work_dir) / time.strftime('overwritten_%Y%m%d_%H%M%S')
    folder.mkdir(exist_ok=True)
    for path in (Path(work_dir) / NOTE, *checkpoints(work_dir)):
        if os.path.lexists(path):
            path.rename(folder / path.name)
    return folder


@contextmanager
def locked(work_dir: str | Path) -> Iterator[None]:
    """Keep every other training out of the work dir, until this process ends.

    It is a record lock, which network file systems support and which the forked workers of a data
    loader do not inherit. If a file system does not support it, the training continues without.

    Raises:
        InputError: Another process is training there, or ``.lock`` cannot be opened.
    """
    path = Path(work_dir) / '.lock'
    try:
        file = path.open('ab+', buffering=0)
    except OSError as error:
        raise InputError(
            f'{path}: cannot be opened ({error.strerror}); remove it, or choose another --work-dir'
        ) from error
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            file.seek(0)
            other = file.read(200).decode(errors='replace').strip()
            raise InputError(
                f'{work_dir}: another training is running here ({other}); wait for its end, or '
                'choose another --work-dir'
            ) from error
        except OSError as error:
            print(f'{work_dir}: no lock ({error.strerror}), so start no second training here')
        with suppress(OSError):  # a full disk, about which the first checkpoint will complain
            file.truncate(0)
            file.write(f'process {os.getpid()} on {socket.gethostname()}'.encode())
        yield
