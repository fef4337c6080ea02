"""Ctrl-C and SIGTERM that wait."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_signals(reason: str) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM act at the end of the block instead of within it.

    A signal mask would not do: it holds for one thread, and the system gives a signal to any.
    Outside the main thread, where Python handles no signals, and in a block within such a block
    nothing changes.

    Args:
        reason: A sentence for whoever sends the signal and would wonder about the delay.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or isinstance(signal.getsignal(signal.SIGINT), _Deferral):
        yield
        return
    defer = _Deferral(reason)
    handlers = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        # None: not installed from Python, so that Python could not restore it.
        if (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None)
    }
    for number in handlers:
        signal.signal(number, defer)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in defer.arrived:
        signal.raise_signal(number)


class _Deferral:
    """A handler that notes the signals that arrive, each kind once."""

    def __init__(self, reason: str) -> None:
        self._reason = reason
        self.arrived: list[int] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if number not in self.arrived:
            self.arrived.append(number)
        os.write(2, f'\n{self._reason}\n'.encode())  # the locks of logging may be held
