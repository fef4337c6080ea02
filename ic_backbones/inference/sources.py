"""The pictures that a command line names: files, folders, patterns, videos and addresses."""

import glob
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlparse

import cv2
import numpy as np

from ..datasets.images import IMAGE_SUFFIXES, read_image
from ..errors import InputError, one_line

VIDEO_SUFFIXES = frozenset('.avi .m4v .mkv .mov .mp4 .mpeg .mpg .webm'.split())
_TIMEOUT = 30  # seconds without a byte


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
            InputError: It is not a video that can be read.
        """
        video = cv2.VideoCapture(str(self.path))
        try:
            is_empty = True
            while (read := video.read())[0]:
                is_empty = False
                yield read[1]
        finally:
            video.release()
        if is_empty:
            raise InputError(f'{self.origin}: is not a video that can be read; give another one')

    def count(self) -> int:
        """The number of images in it: 1, or about as many as a video has frames."""
        if not self.is_video:
            return 1
        return max(1, int(cv2.VideoCapture(str(self.path)).get(cv2.CAP_PROP_FRAME_COUNT)))

    def rate(self) -> float:
        """The frames per second of a video."""
        return cv2.VideoCapture(str(self.path)).get(cv2.CAP_PROP_FPS) or 25


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
        below = [
            File(file, file.relative_to(path), str(file))
            for file in sorted(path.rglob('*'))
            if file.suffix.lower() in IMAGE_SUFFIXES | VIDEO_SUFFIXES
            and without not in file.resolve().parents
        ]
        if not below:
            raise InputError(f'{source}: there is no image in this folder; give another one')
        return below
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
