"""A cache between runs of what is known about image files."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import ClassVar

from ..regular_file import require_regular
from .fingerprint import Fingerprint, read_fingerprint
from .images import MAX_PIXELS, Header, read_header

CACHE = Path(
    os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'),
    'ic_backbones/images.sqlite',
)


class ImageCache:
    """Reads something from image files that are sound, but only once until the file changes.

    A file counts as unchanged as long as its path, its size and the time of its last change are the
    same. The cache is the file ``ic_backbones/images.sqlite`` in ``$XDG_CACHE_HOME`` or
    ``~/.cache``; it may be removed at any time. Where it cannot be read or written, every file is
    read each time. Use it in a ``with`` statement, whose end saves what is new.

    Attributes:
        table: The name of the table.
        columns: The columns with what is read, of which the first two are width and height.
    """

    table: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    def __enter__(self):
        self._new: list[tuple] = []
        self._known: sqlite3.Connection | None = None
        try:
            CACHE.parent.mkdir(parents=True, exist_ok=True)
            self._known = sqlite3.connect(CACHE)
            self._known.execute('pragma synchronous=off')  # what is lost is read again
            self._known.execute(
                f'create table if not exists {self.table} (path blob primary key, bytes int, '
                f'changed int, {", ".join(self.columns)})'
            )
        except (OSError, sqlite3.OperationalError):  # a read-only home, or a locked file
            self._known = None
        except sqlite3.DatabaseError:  # broken: the next run starts a new one
            self._known = None
            with suppress(OSError):
                CACHE.unlink()
        return self

    def _read(self, path: str | Path, max_pixels: int, read: Callable[..., tuple]) -> tuple:
        status = require_regular(path)
        # Bytes: a name need not be in UTF-8.
        key = os.fsencode(os.path.abspath(path)), status.st_size, status.st_mtime_ns
        row = self._find(key)
        if row is None or row[0] * row[1] > max_pixels:
            row = read(path, max_pixels)
            self._new.append((*key, *row))
        return row

    def _find(self, key: tuple) -> tuple | None:
        columns = ', '.join(column.split()[0] for column in self.columns)
        with suppress(sqlite3.Error, AttributeError):
            query = f'select {columns} from {self.table} where path=? and bytes=? and changed=?'
            return self._known.execute(query, key).fetchone()

    def __exit__(self, *_) -> None:
        if self._known is None:
            return
        places = ', '.join('?' * (3 + len(self.columns)))
        with suppress(sqlite3.Error):  # a full disk, or another process writes
            with self._known:
                self._known.executemany(f'replace into {self.table} values ({places})', self._new)
        self._known.close()


class HeaderCache(ImageCache):
    """Remembers the headers of image files, most of which were checked without decoding them."""

    table = 'headers'
    columns = 'width int', 'height int', 'orientation int', 'applied int'

    def header(self, path: str | Path, max_pixels: int = MAX_PIXELS) -> Header:
        """As :func:`~ic_backbones.datasets.images.read_header`, with the same errors."""
        return _header(self._read(path, max_pixels, lambda *args: _as_row(read_header(*args))))


class FingerprintCache(ImageCache):
    """Remembers the fingerprints of image files, which were decoded."""

    table = 'fingerprints'
    columns = (*HeaderCache.columns, 'digest text', 'hash blob')

    def fingerprint(self, path: str | Path, max_pixels: int = MAX_PIXELS) -> Fingerprint:
        """As ``read_fingerprint``, with the same errors."""
        row = self._read(path, max_pixels, lambda *args: _as_row(read_fingerprint(*args)))
        header, (digest, perceptual) = _header(row[:4]), row[4:]
        return Fingerprint(header, digest, perceptual)


def _as_row(found: tuple) -> tuple:
    """The values of a header or a fingerprint without their nesting."""
    return tuple(chain.from_iterable(_as_row(v) if isinstance(v, tuple) else (v,) for v in found))


def _header(row: tuple) -> Header:
    width, height, orientation, applied = row
    return Header((width, height), orientation, bool(applied))
