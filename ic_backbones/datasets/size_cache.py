"""The sizes of image files that were found to be sound, remembered between runs."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from .images import MAX_PIXELS, image_size
from .regular_file import require_regular

CACHE = Path(
    os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'),
    'ic_backbones/images.sqlite',
)


class SizeCache:
    """Reads the size of image files, but checks a file only once until it changes.

    A file counts as unchanged as long as its path, its size and the time of its last change are the
    same. The cache is the file ``ic_backbones/images.sqlite`` in ``$XDG_CACHE_HOME`` or
    ``~/.cache``; it may be removed at any time. Where it cannot be read or written, every file is
    checked each time. Use it in a ``with`` statement, whose end saves what is new.
    """

    def __enter__(self) -> 'SizeCache':
        self._new: list[tuple] = []
        self._known: sqlite3.Connection | None = None
        try:
            CACHE.parent.mkdir(parents=True, exist_ok=True)
            self._known = sqlite3.connect(CACHE)
            self._known.execute('pragma synchronous=off')  # what is lost is read again
            self._known.execute(
                'create table if not exists images (path blob primary key, bytes int, changed int, '
                'width int, height int)'
            )
        except (OSError, sqlite3.OperationalError):  # a read-only home, or a locked file
            self._known = None
        except sqlite3.DatabaseError:  # broken: the next run starts a new one
            self._known = None
            with suppress(OSError):
                CACHE.unlink()
        return self

    def size(self, path: str | Path, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
        """Like :func:`~ic_backbones.datasets.images.image_size`, which also lists the errors."""
        status = require_regular(path)
        # Bytes: a name need not be in UTF-8.
        key = os.fsencode(os.path.abspath(path)), status.st_size, status.st_mtime_ns
        size = self._find(key)
        if size is None or size[0] * size[1] > max_pixels:
            size = image_size(path, max_pixels)
            self._new.append((*key, *size))
        return size

    def _find(self, key: tuple) -> tuple[int, int] | None:
        with suppress(sqlite3.Error, AttributeError):
            query = 'select width, height from images where path=? and bytes=? and changed=?'
            return self._known.execute(query, key).fetchone()

    def __exit__(self, *_) -> None:
        if self._known is None:
            return
        with suppress(sqlite3.Error):  # a full disk, or another process writes
            with self._known:
                self._known.executemany('replace into images values (?, ?, ?, ?, ?)', self._new)
        self._known.close()
