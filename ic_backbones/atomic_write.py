"""Files that hold either their old bytes or their new ones, whatever interrupts the writing."""

import errno
import os
from contextlib import suppress
from pathlib import Path

TEMPORARY = '.tmp'


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path``, which holds its old bytes until all of them are on the disk.

    Raises:
        OSError: The system's reason why the file cannot be written. The old file is untouched and
            the temporary one, ``path`` with ``.tmp`` appended, is removed.
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
