"""Files that run code when they are unpickled: each touches a marker, which must never appear."""

import functools
import os
import pickle
from pathlib import Path
from typing import Any

from mmengine.logging import HistoryBuffer


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.function, self.args = function, args

    def __reduce__(self) -> tuple:
        return self.function, self.args

    def __call__(self) -> None:
        """A result may itself be called: pickle wants a callable there."""


def touch(marker: Path) -> str:
    """Python source that makes the marker."""
    return f'open({str(marker)!r}, "w").close()'


def payloads(marker: Path) -> dict[str, Any]:
    """Objects that make the marker when they are unpickled, by the trick that they use."""
    shell = f'touch {marker}'
    methods = Call(getattr, HistoryBuffer, 'mean')  # what every checkpoint of mmengine asks for
    builtins = Call(getattr, Call(getattr, methods, '__globals__'), 'get')
    evaluate = Call(getattr, Call(builtins, '__builtins__'), 'get')
    return {
        'os.system': Call(os.system, shell),
        'eval': Call(eval, touch(marker)),
        'getattr': Call(Call(evaluate, 'eval'), touch(marker)),
        '__setstate__': Call(functools.partial(os.system, shell)),
        'pickle in a pickle': Call(pickle.loads, pickle.dumps(Call(os.system, shell))),
    }
