"""Reading images with XML files, in VOC's folders or in any others."""

from collections import defaultdict
from pathlib import Path

from ..datasets.voc.annotation import read_annotation
from ..datasets.voc.files import files_below, ids_in, read_lines
from .source import SPLITS, Broken, Picture, Source, is_image


def read_voc(folder: Path) -> Source:
    """Read every XML file below ``folder`` that has an image of the same name.

    The splits are those of ``ImageSets/Main/{train,val,test}.txt``, if these exist; without
    ``train.txt``, that of ``trainval.txt`` is the one to train on. Classes are in alphabetical
    order.
    """
    files = sorted(files_below(folder))
    images: dict[str, list[Path]] = defaultdict(list)
    for path in filter(is_image, files):
        images[path.stem].append(path)
    splits = _splits(folder, files)
    source = Source('VOC', [])
    for path in files:
        if path.suffix.lower() != '.xml' or not path.is_file():
            continue
        found = images.get(path.stem, [])
        image = min(found, key=lambda image: _distance(image, path), default=None)
        if image is None:
            source.broken.append(Broken(path, 'there is no image of the same name'))
            continue
        try:
            size, objects = read_annotation(path)
        except ValueError as error:
            source.broken.append(Broken(path, str(error)))
            continue
        name = image.relative_to(folder).with_suffix('').as_posix()
        split = splits.get(name) or splits.get(f'JPEGImages/{name}')
        source.pictures.append(Picture(image, name, objects, split=split, size=size))
    known = {Path(picture.name).name for picture in source.pictures}
    known |= {file.stem for file, _ in source.broken}
    lost = [name for name in splits if Path(name).name not in known]
    fault = 'is listed in ImageSets/Main, but has no image or no annotation'
    source.broken += [Broken(folder / name, fault) for name in lost]
    names = {item.name for picture in source.pictures for item in picture.objects}
    source.classes = sorted(names)
    return source


def _distance(image: Path, annotation: Path) -> tuple:
    """How little the folders of two files have in common."""
    shared = len(set(image.parent.parts) & set(annotation.parent.parts))
    same = image.parent.parts[-1:] == annotation.parent.parts[-1:]
    return -shared, not same, image


def _splits(folder: Path, files: list[Path]) -> dict[str, str]:
    """The split of each listed image, by its path below ``folder`` without the suffix."""
    lists = {
        file for file in files if file.parts[-3:-1] == ('ImageSets', 'Main') and file.is_file()
    }
    splits = {}
    for file in sorted(lists):
        split = file.stem
        if split == 'trainval' and file.with_name('train.txt') not in lists:
            split = 'train'
        if split in SPLITS and file.suffix == '.txt':
            images = file.parents[2].relative_to(folder) / 'JPEGImages'
            splits |= {(images / name).as_posix(): split for name in ids_in(read_lines(file))}
    return splits
