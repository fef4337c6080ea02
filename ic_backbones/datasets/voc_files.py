"""What lies in a VOC-layout folder: images, split files, annotations."""

from pathlib import Path

IMAGE_SUFFIXES = frozenset(
    '.bmp .dib .jpe .jpeg .jpg .jp2 .pbm .pgm .png .pnm .ppm .tif .tiff .webp'.split()
)


def images_by_id(folder: str | Path) -> dict[str, str]:
    """Path below ``folder`` of every image that cv2 reads, by its path without the suffix."""
    folder = Path(folder)
    files = sorted(path.relative_to(folder) for path in folder.rglob('*'))
    return {
        path.with_suffix('').as_posix(): str(path)
        for path in reversed(files)  # of two files with one id the first stays
        if path.suffix.lower() in IMAGE_SUFFIXES
    }


def read_ids(split_file: str | Path) -> list[str]:
    """Image ids of a split file, one a line; blank lines and spaces around do not count."""
    lines = Path(split_file).read_text().splitlines()
    return [line.strip() for line in lines if line.strip()]
