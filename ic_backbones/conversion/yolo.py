"""Reading YOLO's images and text files."""

from pathlib import Path

from ..datasets.voc.annotation import VOCObject
from ..datasets.voc.files import files_below
from ..regular_file import require_regular
from .source import Broken, Picture, Source, is_image, split_named
from .yolo_lists import listed_classes, listed_splits

_SLACK = 0.01  # by how much rounded fractions may leave the image


def read_yolo(folder: Path) -> Source:
    """Read all images below ``folder`` and the text files that belong to them.

    The file of ``images/x/a.jpg`` is ``labels/x/a.txt``, or the one next to the image. An image
    without one has no objects. A line has the number of a class and, as fractions of the image,
    the centre, width and height of a box or the corners of a polygon, which becomes the box around
    it. The splits are those that data.yaml lists, or if it lists none, that the folders name.

    Raises:
        InputError: As :func:`~ic_backbones.conversion.yolo_lists.listed_classes`.
    """
    files = sorted(files_below(folder))
    texts = {
        path.relative_to(folder).with_suffix('').as_posix().lower(): path
        for path in files
        if path.suffix.lower() == '.txt' and not path.is_dir()
    }
    unused = set(texts.values())
    splits = listed_splits(folder)
    source = Source('YOLO', listed_classes(folder))
    for image in filter(is_image, files):
        name = image.relative_to(folder).with_suffix('')
        labels = _labels(image, folder, texts)
        unused.discard(labels)
        try:
            objects = _read(labels, source.classes) if labels else []
        except ValueError as error:
            source.broken.append(Broken(labels, str(error)))
            continue
        split = splits.get(image.resolve()) if splits else split_named(name.parent)
        source.pictures.append(Picture(image, name.as_posix(), objects, True, split))
    lost = [file for file in sorted(unused) if _has_labels(file, source.classes)]
    source.broken += [Broken(file, 'has labels, but there is no image for them') for file in lost]
    return source


def _labels(image: Path, folder: Path, texts: dict[str, Path]) -> Path | None:
    """The text file of an image, of ``texts`` by their paths in lower case without suffixes."""
    parts = [part.lower() for part in image.relative_to(folder).with_suffix('').parts]
    for place in reversed(range(len(parts) - 1)):
        if parts[place] == 'images':
            name = '/'.join([*parts[:place], 'labels', *parts[place + 1 :]])
            if name in texts:
                return texts[name]
    return texts.get('/'.join(parts))


def _has_labels(file: Path, classes: list[str]) -> bool:
    try:
        return bool(_read(file, classes))
    except (OSError, ValueError):
        return False


def _read(file: Path, classes: list[str]) -> list[VOCObject]:
    require_regular(file)
    objects = []
    for number, line in enumerate(file.read_text(encoding='utf-8-sig').splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            label, *shares = int(float(words[0])), *map(float, words[1:])
        except (OverflowError, ValueError) as error:
            raise ValueError(f'line {number} is not made of numbers') from error
        if not 0 <= label < len(classes):
            raise ValueError(
                f'line {number} has class {label}, not one from 0 to {len(classes) - 1}'
            )
        if len(shares) != 4 and (len(shares) < 6 or len(shares) % 2):
            raise ValueError(f'line {number} has {len(words)} numbers, not 5 or those of a polygon')
        if not all(-_SLACK <= share <= 1 + _SLACK for share in shares):
            raise ValueError(f'line {number} has a number that is not a share from 0 to 1')
        objects.append(VOCObject(classes[label], _box(shares), False))
    return objects


def _box(shares: list[float]) -> tuple[float, float, float, float]:
    if len(shares) == 4:
        x, y, width, height = shares
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    xs, ys = shares[::2], shares[1::2]
    return min(xs), min(ys), max(xs), max(ys)
