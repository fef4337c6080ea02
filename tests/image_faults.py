"""Ways in which an image file can be bad."""

import os
import struct
import zlib
from pathlib import Path


def claim_pixels(file: Path, width: int, height: int) -> None:
    """A PNG file of a few bytes whose header states a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack('>I', zlib.crc32(kind + data))
        return struct.pack('>I', len(data)) + kind + data + checksum

    header = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
    body = chunk(b'IDAT', zlib.compress(bytes(100))) + chunk(b'IEND', b'')
    file.write_bytes(b'\x89PNG\r\n\x1a\n' + header + body)


def _link(file: Path, target: str) -> None:
    file.unlink()
    file.symlink_to(target)


def _replace(file: Path, make) -> None:
    file.unlink()
    make(file)


# What is done to a sound file, and what the message says of it.
FAULTS = {
    'missing': (lambda file: file.unlink(), 'there is no such file'),
    'empty': (lambda file: file.write_bytes(b''), 'is empty'),
    'junk': (lambda file: file.write_bytes(b'junk' * 100), 'is not an image'),
    'truncated': (
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        'is truncated',
    ),
    'without its end': (
        lambda file: file.write_bytes(file.read_bytes()[:-40]),
        'is truncated',
    ),
    'a folder': (lambda file: _replace(file, os.mkdir), 'is a folder instead of a file'),
    'a FIFO': (lambda file: _replace(file, os.mkfifo), 'is a FIFO instead of a file'),
    'a device': (lambda file: _link(file, '/dev/zero'), 'is a device instead of a file'),
    'a circle of links': (lambda file: _link(file, file.name), 'cannot be read \\(Too many'),
    'huge': (lambda file: claim_pixels(file, 12_000, 9_000), 'has 12000x9000 pixels, more than'),
    'monstrous': (lambda file: claim_pixels(file, 10**6, 10**6), 'has too many pixels'),
}
