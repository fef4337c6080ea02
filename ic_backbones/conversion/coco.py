"""Reading COCO's JSON files."""

import json
import math
from collections import defaultdict
from pathlib import Path

from ..datasets.layouts import coco_files
from ..datasets.voc.annotation import VOCObject
from ..datasets.voc.files import files_below
from ..errors import InputError, one_line
from .source import (
    Broken,
    Picture,
    Source,
    is_image,
    likely_images,
    several,
    split_in_name,
    split_named,
)


def read_coco(path: Path) -> Source:
    """Read a JSON file, or all of them below a folder, of which each is a split.

    The images of a file in a folder ``annotations`` may also lie next to that folder, as COCO's do.
    Crowds become difficult objects. Classes are in the order of their numbers; categories without
    an object are left out.

    Raises:
        InputError: A file is not in COCO's format, or two files list the same images.
    """
    folder = path
    if path.is_file():
        folder = path.parent.parent if path.parent.name == 'annotations' else path.parent
    files = list(files_below(folder))
    source = Source('COCO', [])
    images: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(filter(is_image, files)):
        images[file.name].append(file)
    classes: dict[str, int] = {}
    seen: dict[Path, Path] = {}
    for file in coco_files(files) if path.is_dir() else [path]:
        try:
            content = json.loads(file.read_bytes())
            _read(file, content, folder, images, source, classes)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            raise InputError(
                f"{file}: is not in COCO's format ({one_line(error)}); export it again"
            ) from error
        for picture in source.pictures[len(seen) :]:
            other = seen.get(picture.image)
            if other == file:
                raise InputError(
                    f'{file}: lists {picture.image} twice; remove one of the two records'
                )
            if other:
                raise InputError(
                    f'{file}: lists {picture.image}, as {other} does; give one of the two files as '
                    'the source'
                )
            seen[picture.image] = file
    source.classes = sorted(classes, key=lambda name: _place(classes[name]))
    return source


def _place(number: int | str | None) -> tuple:
    """Where a category with a number stands; those without a number come last."""
    return (0, number) if isinstance(number, (int, float)) else (1, str(number))


def _read(
    file: Path, content: dict, folder: Path, images: dict, source: Source, classes: dict[str, int]
) -> None:
    names = {item['id']: str(item['name']) for item in content['categories']}
    if len({item['id'] for item in content['images']}) < len(content['images']):
        raise ValueError('two images have the same id')
    objects: dict[int, list[VOCObject]] = defaultdict(list)
    for item in content['annotations']:
        x, y, width, height = map(float, item['bbox'])
        name = names[item['category_id']]
        classes[name] = item['category_id']
        box = (x, y, x + width, y + height)
        if not all(map(math.isfinite, box)):
            raise ValueError(f'bbox {item["bbox"]} is not made of finite numbers')
        objects[item['image_id']].append(VOCObject(name, box, bool(item.get('iscrowd'))))
    split = split_in_name(file) or split_named(file.relative_to(folder).parent)
    for item in content['images']:
        marked = objects.pop(item['id'], [])
        found = _find(item['file_name'].replace('\\', '/'), file, folder, images, split)
        if len(found) != 1:
            fault = several(found, folder) if found else 'there is no such file'
            listed = f'is listed in {file.name}, but {fault}'
            source.broken.append(Broken(file.parent / item['file_name'], listed))
            continue
        (image,) = found
        name = image.relative_to(folder).with_suffix('').as_posix()
        size = item.get('width'), item.get('height')
        picture = Picture(image, name, marked, split=split)
        picture.size = tuple(map(int, size)) if all(size) else None
        source.pictures.append(picture)
    if objects:
        count, first = sum(map(len, objects.values())), next(iter(objects))
        fault = f'has {count} annotations of images that it does not list, such as {first!r}'
        source.broken.append(Broken(file, fault))


def _find(name: str, file: Path, folder: Path, images: dict, split: str | None) -> list[Path]:
    """The images that ``file`` may mean: the one with the path, or else those with the name."""
    for base in (file.parent, folder):
        if is_image(base / name):
            return [base / name]
    found = [path for path in images.get(Path(name).name, []) if path.as_posix().endswith(name)]
    return likely_images(found, file, folder, split)
