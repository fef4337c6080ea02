"""Reading YOLO's text files, with the list of classes in data.yaml or classes.txt."""

from pathlib import Path

import yaml

from ..datasets.voc.annotation import VOCObject
from ..datasets.voc.files import files_below, ids_in, read_lines
from ..errors import InputError
from ..regular_file import require_regular
from .source import Broken, Picture, Source, is_image, split_named

_SLACK = 0.01  # by how much rounded fractions may leave the image


def read_yolo(folder: Path) -> Source:
    """Read all images below ``folder`` and the text files that belong to them.

    The file of ``images/x/a.jpg`` is ``labels/x/a.txt``, or the one next to the image. An image
    without one has no objects. A line has the number of a class and, as fractions of the image,
    the centre, width and height of a box or the corners of a polygon, which becomes the box around
    it.

    Raises:
        InputError: There is no list of classes, or it is broken.
    """
    files = sorted(files_below(folder))
    source = Source('YOLO', _classes(folder))
    for image in filter(is_image, files):
        name = image.relative_to(folder).with_suffix('')
        labels = _labels(image, folder)
        try:
            objects = _read(labels, source.classes) if labels else []
        except ValueError as error:
            source.broken.append(Broken(labels, str(error)))
            continue
        picture = Picture(image, name.as_posix(), objects, True, split_named(name.parent))
        source.pictures.append(picture)
    return source


def _classes(folder: Path) -> list[str]:
    for file in sorted([*folder.glob('*.yaml'), *folder.glob('*.yml')]):
        try:
            content = yaml.safe_load(file.read_text(encoding='utf-8'))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise InputError(f'{file}: is not a YAML file; correct it') from error
        names = content.get('names') if isinstance(content, dict) else None
        if isinstance(names, dict) and set(names) == set(range(len(names))):
            names = [names[number] for number in range(len(names))]
        if isinstance(names, list) and names:
            return [str(name) for name in names]
    for file in sorted(folder.rglob('classes.txt')):
        return ids_in(read_lines(file))
    raise InputError(
        f'{folder}: neither data.yaml nor classes.txt names the classes; write classes.txt there, '
        'with one name on each line, in the order of their numbers'
    )


def _labels(image: Path, folder: Path) -> Path | None:
    parts = image.relative_to(folder).parts
    for place in reversed(range(len(parts) - 1)):
        if parts[place] == 'images':
            file = folder.joinpath(*parts[:place], 'labels', *parts[place + 1 :])
            if file.with_suffix('.txt').exists():
                return file.with_suffix('.txt')
    file = image.with_suffix('.txt')
    return file if file.exists() else None


def _read(file: Path, classes: list[str]) -> list[VOCObject]:
    require_regular(file)
    objects = []
    for number, line in enumerate(file.read_text(encoding='utf-8').splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            label, *shares = int(float(words[0])), *map(float, words[1:])
        except (OverflowError, ValueError) as error:
            raise ValueError(f'line {number} is not made of numbers') from error
        if not 0 <= label < len(classes):
            raise ValueError(f'line {number} has class {label}, but there are {len(classes)}')
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
