"""Reading images with XML files, in VOC's folders or in any others."""

from collections import defaultdict
from pathlib import Path

from ..datasets.voc.annotation import read_annotation, read_file_name
from ..datasets.voc.files import files_below, ids_in, read_lines
from .source import SPLITS, Broken, Picture, Source, is_image, likely_images, several, split_named


def read_voc(folder: Path) -> Source:
    """Read every XML file below ``folder`` and the image of the same name.

    An image without an XML file counts as broken, but not those in folders of other pictures of the
    same names, such as masks. The splits are those of ``ImageSets/Main/{train,val,test}.txt``, or
    if there are no lists, those that the folders name; without ``train.txt``, that of
    ``trainval.txt`` is the one to train on. Classes are in alphabetical order.
    """
    files = sorted(files_below(folder))
    images = list(filter(is_image, files))
    found = _images_of(files, images, folder)
    splits = _splits(folder, files)
    source = Source('VOC', [])
    for path, some in found.items():
        if len(some) != 1:
            fault = 'there is no image of the same name that belongs to it'
            source.broken.append(Broken(path, several(some, folder) if some else fault))
            continue
        try:
            size, objects = read_annotation(path)
        except ValueError as error:
            source.broken.append(Broken(path, str(error)))
            continue
        (image,) = some
        name = image.relative_to(folder).with_suffix('').as_posix()
        split = splits.get(name) or splits.get(f'JPEGImages/{name}')
        if not splits:
            split = _folders_split(image, folder) or _folders_split(path, folder)
        source.pictures.append(Picture(image, name, objects, split=split, size=size))
    lost = _unlabelled(images, found)
    source.broken += [Broken(image, 'has no annotation') for image in lost]
    known = {Path(picture.name).name for picture in source.pictures}
    known |= {file.stem for file, _ in source.broken}
    lost = [name for name in splits if Path(name).name not in known]
    fault = 'is listed in ImageSets/Main, but there is no such image'
    source.broken += [Broken(folder / name, fault) for name in lost]
    names = {item.name for picture in source.pictures for item in picture.objects}
    source.classes = sorted(names)
    return source


def _images_of(files: list[Path], images: list[Path], folder: Path) -> dict[Path, list[Path]]:
    """For each XML file, the images of its name to which it may belong.

    They are those that ``<filename>`` states, if one of these can be meant. In a folder of XML
    files with images beside them, no other image belongs to any of the files.
    """
    by_name: dict[str, list[Path]] = defaultdict(list)
    for image in images:
        by_name[image.stem].append(image)
    found = {}
    for path in files:
        if path.suffix.lower() == '.xml' and path.is_file():
            some = by_name.get(path.stem, [])
            split = _folders_split(path, folder)
            stated = _stated(path, some) if some[1:] else []
            found[path] = likely_images(stated, path, folder, split) or likely_images(
                some, path, folder, split
            )
    beside = {path.parent for path, some in found.items() if _beside(path, some)}
    return {
        path: some if path.parent not in beside or _beside(path, some) else []
        for path, some in found.items()
    }


def _stated(annotation: Path, images: list[Path]) -> list[Path]:
    try:
        name = read_file_name(annotation).lower()
    except ValueError:  # which is named where the objects are read
        return []
    return [image for image in images if image.name.lower() == name]


def _beside(annotation: Path, images: list[Path]) -> bool:
    return any(image.parent == annotation.parent for image in images)


def _unlabelled(images: list[Path], found: dict[Path, list[Path]]) -> list[Path]:
    """The images without an XML file, but not other pictures of those that have one."""
    names = {path.stem for path in found}
    used = {image.with_suffix('') for some in found.values() for image in some}
    folders = {path.parent for path in used}
    return [
        image
        for image in images
        if image.with_suffix('') not in used
        and (image.parent in folders or image.stem not in names)
    ]


def _folders_split(file: Path, folder: Path) -> str | None:
    return split_named(file.relative_to(folder).parent)


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
