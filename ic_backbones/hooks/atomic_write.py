"""Files that hold either their old bytes or their new ones, whatever interrupts the writing."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

TEMPORARY = '.tmp'
BACKEND = 'ic_backbones.atomic'


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path``, which holds its old bytes until all of them are on the disk.

    Raises:
        OSError: The system's reason why the file cannot be written. The old file is untouched and
            the temporary one, ``path`` with ``.tmp`` behind it, is removed.
    """
    path = Path(path)
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with open(temporary, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, before which nothing older may be deleted."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(descriptor)


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
