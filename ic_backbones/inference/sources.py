"""The pictures that a command line names: files, folders, patterns, videos and addresses."""

import glob
import shutil
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlparse

import cv2
import numpy as np

from ..datasets.images import IMAGE_SUFFIXES, read_image
from ..datasets.voc.files import files_below
from ..errors import InputError, one_line

VIDEO_SUFFIXES = frozenset('.avi .m4v .mkv .mov .mp4 .mpeg .mpg .webm'.split())
_UNREAD = frozenset('.arw .avif .cr2 .dng .gif .heic .heif .jxl .nef'.split())
_TIMEOUT = 30  # seconds without a byte
_WHOLE = 0.75  # of the length that a video states, which may be that from before it was trimmed


class File(NamedTuple):
    """An image or a video.

    Attributes:
        path: The file.
        name: Its path relative to the folder in which it was found.
        origin: The file or the address that the user knows.
    """

    path: Path
    name: Path
    origin: str

    @property
    def is_video(self) -> bool:
        """Whether its suffix is that of a video."""
        return self.path.suffix.lower() in VIDEO_SUFFIXES

    def image(self) -> np.ndarray:
        """The image, BGR in uint8 of shape (height, width, 3).

        Raises:
            InputError: It is not an image that can be read.
        """
        try:
            return read_image(self.path)
        except ValueError as error:
            raise InputError(f'{self.origin}: {error}; replace it or leave it out') from error

    def frames(self) -> Iterator[np.ndarray]:
        """The frames of a video, BGR in uint8 of shape (height, width, 3).

        Raises:
            InputError: It is not a video that can be read, or clearly ends before its stated
                length.
        """
        if cv2_path(self.path) != str(self.path):
            raise InputError(f'{self.origin}: the path of a video must be UTF-8; rename it')
        video = cv2.VideoCapture(cv2_path(self.path))
        frames, seconds = 0, 0.0
        length, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), self.rate()
        try:
            while (read := video.read())[0]:
                frames, seconds = frames + 1, video.get(cv2.CAP_PROP_POS_MSEC) / 1000
                yield read[1]
        finally:
            video.release()
        if not frames:
            raise InputError(f'{self.origin}: is not a video that can be read; give another one')
        # Some formats compute the number of frames from the length, also where frames are missing.
        if max(frames, rate * seconds) < _WHOLE * length:
            raise InputError(
                f'{self.origin}: ends after {seconds:.1f} of {length / rate:.1f} seconds; get the '
                'whole video, unless it was trimmed'
            )

    def count(self) -> int:
        """The number of images in it: 1, or about as many as a video has frames."""
        if not self.is_video:
            return 1
        return max(1, int(cv2.VideoCapture(cv2_path(self.path)).get(cv2.CAP_PROP_FRAME_COUNT)))

    def rate(self) -> float:
        """The frames per second of a video."""
        return cv2.VideoCapture(cv2_path(self.path)).get(cv2.CAP_PROP_FPS) or 25


def cv2_path(path: Path) -> str:
    """A path for cv2's videos, with a '?' for what is not UTF-8, on which cv2 ends the process."""
    return str(path).encode(errors='replace').decode()


def find_files(sources: Sequence[str], downloads: Path, without: Path) -> list[File]:
    """The images and videos that ``sources`` name, without repetitions.

    Args:
        sources: Files, folders (with everything below them), patterns such as ``photos/*.jpg`` and
            ``http(s)://`` addresses.
        downloads: The folder into which the addresses are fetched.
        without: The folder into which the pictures of the results go. It is left out.

    Raises:
        InputError: One of them names no image, or one in ``without``, or an address cannot be
            fetched.
    """
    found: dict[Path, File] = {}
    for source in sources:
        for file in _find(source, downloads, without.resolve()):
            found.setdefault(file.path.resolve(), file)
    return list(found.values())


def _find(source: str, downloads: Path, without: Path) -> list[File]:
    path = Path(source)
    if source.startswith(('http://', 'https://')):
        return [_fetch(source, downloads)]
    if path.is_dir():
        return _find_below(path, without)
    if path.exists():
        if without in path.resolve().parents:
            raise InputError(
                f'{source}: lies in {without}, where the results go; choose another --out'
            )
        return [File(path, Path(path.name), source)]
    if glob.has_magic(source):
        matches = [Path(match) for match in sorted(glob.glob(source, recursive=True))]
        files = [
            path for path in matches if path.is_file() and without not in path.resolve().parents
        ]
        if files:
            return [File(path, Path(path.name), str(path)) for path in files]
        raise InputError(f'{source}: no file matches this pattern; put it in quotes, or correct it')
    raise InputError(f'{source}: there is no such file or folder; give images or a folder')


def _find_below(folder: Path, without: Path) -> list[File]:
    """The images and videos in a folder; those in other formats are counted on stderr."""
    try:
        below = sorted(path for path in files_below(folder) if not path.is_dir())
    except OSError as error:
        raise InputError(
            f'{error.filename}: cannot be read ({error.strerror}); make it readable or move it'
        ) from error
    kinds = Counter(path.suffix.lower() for path in below)
    unread = sorted(kinds.keys() & _UNREAD)
    if unread:
        count = sum(kinds[suffix] for suffix in unread)
        print(
            f'{folder}: {count} in formats that are not read ({", ".join(unread)}) left out; save '
            'such pictures as JPEG or PNG',
            file=sys.stderr,
        )
    found = [
        File(path, path.relative_to(folder), str(path))
        for path in below
        if path.suffix.lower() in IMAGE_SUFFIXES | VIDEO_SUFFIXES
        and without not in path.resolve().parents
    ]
    if not found:
        raise InputError(f'{folder}: there is no image in this folder; give another one')
    return found


def _fetch(address: str, folder: Path) -> File:
    name = Path(urlparse(address).path).name or 'image'
    path = folder / f'{len(list(folder.iterdir()))}_{name}'
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer, path.open('wb') as file:
            shutil.copyfileobj(answer, file)
    except (OSError, ValueError) as error:
        raise InputError(
            f'{address}: cannot be fetched, {one_line(error)}; give another one'
        ) from error
    return File(path, Path(name), address)
