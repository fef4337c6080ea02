"""What YOLO's data.yaml and classes.txt list: the classes, and the images of the splits."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from ..datasets.voc.files import files_below, ids_in, read_lines
from ..errors import InputError
from .source import SPLITS, is_image


def listed_classes(folder: Path) -> list[str]:
    """The classes in the order of their numbers, on which all lists must agree.

    Raises:
        InputError: There is no list, one is broken, or two differ.
    """
    found = {}
    for file, content in _yaml_files(folder):
        names = content.get('names')
        if isinstance(names, dict) and set(names) == set(range(len(names))):
            names = [names[number] for number in range(len(names))]
        if isinstance(names, list) and names:
            found[file] = [str(name) for name in names]
    for file in sorted(folder.rglob('classes.txt')):
        found[file] = ids_in(read_lines(file))
    if not found:
        raise InputError(
            f'{folder}: neither data.yaml nor classes.txt names the classes; write classes.txt '
            'there, with one name on each line, in the order of their numbers'
        )
    first = next(iter(found))
    for file, names in found.items():
        if names != found[first]:
            raise InputError(
                f'{file}: names other classes than {first}, or in another order; correct or remove '
                'one of the two files'
            )
    return found[first]


def listed_splits(folder: Path) -> dict[Path, str]:
    """The splits of the images that ``train``, ``val`` and ``test`` in data.yaml name.

    Each names folders, or text files with an image on each line.

    Raises:
        InputError: A list is broken.
    """
    splits: dict[Path, str] = {}
    for _, content in _yaml_files(folder):
        base = folder / str(content.get('path') or '')
        for split in SPLITS:
            places = content.get(split) or []
            for place in places if isinstance(places, list) else [places]:
                for image in _images(_found(str(place), base, folder), base, folder):
                    splits.setdefault(image.resolve(), split)
    return splits


def _images(place: Path | None, *bases: Path) -> list[Path]:
    if place is None:
        return []
    if place.is_dir():
        return list(filter(is_image, files_below(place)))
    lines = ids_in(read_lines(place))
    return [image for line in lines if (image := _found(line, place.parent, *bases))]


def _found(place: str, *bases: Path) -> Path | None:
    """A path from one of some folders; exporters often write it as if from a folder beside them."""
    tries = [base / way for base in bases for way in (place, place.lstrip('./'))]
    return next((path for path in tries if path.exists()), None)


def _yaml_files(folder: Path) -> Iterator[tuple[Path, dict]]:
    for file in sorted([*folder.glob('*.yaml'), *folder.glob('*.yml')]):
        try:
            content = yaml.safe_load(file.read_text(encoding='utf-8'))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise InputError(f'{file}: is not a YAML file; correct it') from error
        if isinstance(content, dict):
            if 'kpt_shape' in content:
                raise InputError(
                    f'{file}: has key points (kpt_shape), which are not read; export boxes'
                )
            yield file, content
