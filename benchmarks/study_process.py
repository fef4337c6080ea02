"""The processes that train: they can be stopped together."""

import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

stopped = threading.Event()  # while it is set, none starts
_starting = threading.Lock()
_running: set[subprocess.Popen] = set()


def call(command: Sequence[str | Path], **kwargs) -> int:
    """The exit code of a command; that of SIGTERM if it was not to start any more."""
    with _starting:
        if stopped.is_set():
            return -signal.SIGTERM
        process = subprocess.Popen(command, **kwargs)
        _running.add(process)
    try:
        return process.wait()
    finally:
        _running.discard(process)


def stop() -> None:
    """End what is running, as ``kill`` does, and let nothing start."""
    with _starting:
        stopped.set()
        for process in list(_running):
            process.terminate()
