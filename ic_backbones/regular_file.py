"""Check that a path is a regular file before opening it, since opening a FIFO can wait forever."""

import os
import stat
from pathlib import Path

_OTHERS = {
    stat.S_IFDIR: 'a folder',
    stat.S_IFIFO: 'a FIFO',
    stat.S_IFCHR: 'a device',
    stat.S_IFBLK: 'a device',
    stat.S_IFSOCK: 'a socket',
}


def require_regular(path: str | Path) -> os.stat_result:
    """The status of a regular file; links are followed.

    Raises:
        ValueError: There is no such file, or it is not a regular file; the message says why,
            without the file's name.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise ValueError('there is no such file') from error
    except (OSError, ValueError) as error:  # a circle of links, or a name that no file can have
        raise ValueError(f'cannot be read ({getattr(error, "strerror", error)})') from error
    other = _OTHERS.get(stat.S_IFMT(status.st_mode))
    if other:
        raise ValueError(f'is {other} instead of a file')
    return status
