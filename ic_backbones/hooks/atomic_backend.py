"""mmengine's files, written atomically."""

import os
from contextlib import suppress
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from ..atomic_write import write_atomically

BACKEND = 'ic_backbones.atomic'


@register_backend(BACKEND, force=True)
class AtomicBackend(LocalBackend):
    """mmengine's local files, written atomically and deleted only by :meth:`remove_outdated`."""

    def __init__(self) -> None:
        self._outdated: list[str] = []

    def put(self, obj: bytes, filepath: str | Path) -> None:
        write_atomically(filepath, obj)

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        write_atomically(filepath, obj.encode(encoding))

    def remove(self, filepath: str | Path) -> None:
        self._outdated.append(str(filepath))

    rmtree = remove

    def remove_outdated(self, keep: set[str]) -> None:
        """Delete what :meth:`remove` and ``rmtree`` were given, except the paths in ``keep``."""
        outdated, self._outdated = self._outdated, []
        for path in outdated:
            if path in keep:
                continue
            with suppress(FileNotFoundError):
                super().rmtree(path) if os.path.isdir(path) else super().remove(path)
