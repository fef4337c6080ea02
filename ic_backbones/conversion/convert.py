"""Writing a data set of any known layout in VOC layout."""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from ..datasets.fingerprint import Fingerprint
from ..datasets.image_cache import FingerprintCache
from ..datasets.layouts import COCO, VOC, YOLO, recognise
from ..datasets.voc.annotation import is_class_name, is_text
from ..datasets.voc.files import ids_in
from ..datasets.voc.writing import write_annotation
from ..errors import InputError, writing
from .coco import read_coco
from .report import Report, make_report
from .source import SPLITS, Broken, Picture, Source
from .splits import divide, groups
from .voc import read_voc
from .yolo import read_yolo

_ARCHIVES = {'.zip', '.tar', '.gz', '.tgz', '.bz2', '.xz', '.7z', '.rar'}
_READERS = {VOC: read_voc, COCO: read_coco, YOLO: read_yolo}


def convert(
    source: str | Path,
    out: str | Path,
    shares: tuple[float, float, float] = (0.7, 0.15, 0.15),
    seed: int = 0,
    *,
    resplit: bool = False,
    link: bool = False,
    skip_broken: bool = False,
) -> Report:
    """Write the data set ``source`` into the new folder ``out`` in VOC layout.

    Args:
        source: A folder in the layout of VOC, COCO or YOLO, or a JSON file in COCO's.
        out: The folder, which must not exist or be empty. It appears once it is complete.
        shares: The shares of train, val and test; near-duplicates always share a split.
        seed: The seed of the splits.
        resplit: Whether to make new splits although the source has some.
        link: Whether to link the images instead of copying them.
        skip_broken: Whether to leave out files that are broken or missing.

    Raises:
        InputError: The layout is not known, a file is broken, or ``out`` cannot be written.
    """
    source, out = Path(source), Path(out)
    if min(shares) < 0 or not abs(sum(shares) - 1) <= 1e-6 or not shares[0]:
        raise InputError(
            f'shares {shares}: are not shares of a whole; give three numbers from 0 to 1 whose sum '
            'is 1, the first of them not 0'
        )
    _require_new(out)
    if not source.exists():
        raise InputError(f'{source}: does not exist; give the folder of the data set')
    if source.is_file() and source.suffix.lower() in _ARCHIVES:
        raise InputError(f'{source}: is an archive; unpack it, and give the folder')
    layout = recognise(source)
    if layout is None:
        raise InputError(
            f'{source}: no data set in the layout of VOC, COCO or YOLO was found; give the folder '
            'that holds both the images and the annotations'
        )
    found = _READERS[layout](source)
    if not resplit:
        _require_splits(found)
    looked = _look(found)
    if found.broken and not skip_broken:
        more = f' ({len(found.broken) - 1} more)' if found.broken[1:] else ''
        raise InputError(
            f'{found.broken[0].file}: {found.broken[0].fault}{more}; correct it, or leave such '
            'files out with --skip-broken'
        )
    if not found.pictures:
        raise InputError(f'{source}: no image can be used; check the folder')
    if not any(picture.objects for picture in found.pictures):
        raise InputError(
            f'{source}: none of its {len(found.pictures)} images has an object; check that the '
            'annotations belong to them'
        )
    _require_names(found.pictures)
    alike = groups([item.digest for item in looked], [item.hash for item in looked])
    splits = [picture.split for picture in found.pictures]
    kept = not resplit and all(splits) and {'train'} < set(splits)
    if not kept:
        splits = divide(found.pictures, alike, shares, seed)
        _require_all(splits, shares, source, len(found.pictures) - len(alike))
    _write(found.pictures, splits, looked, out, link)
    return make_report(found, splits, alike, kept)


def _require_new(out: Path) -> None:
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError(f'{out}: already exists; choose a new folder')


def _require_splits(source: Source) -> None:
    """Take images without a split, where the others have one, for files that cannot be used."""
    outside = [picture for picture in source.pictures if picture.split is None]
    if 0 < len(outside) < len(source.pictures):
        fault = 'is in none of the splits that the source has; --resplit makes new ones'
        source.broken += [Broken(picture.image, fault) for picture in outside]
        source.pictures = [picture for picture in source.pictures if picture.split]


def _require_names(pictures: list[Picture]) -> None:
    for picture in pictures:
        for item in picture.objects:
            if not is_class_name(item.name):
                raise InputError(
                    f'{picture.image}: has an object of class {item.name[:50]!r}, which no '
                    'annotation can hold; rename the class'
                )


def _require_all(
    splits: list[str], shares: tuple[float, float, float], source: Path, alike: int
) -> None:
    empty = [
        split for split, share in zip(SPLITS, shares, strict=True) if share * (split not in splits)
    ]
    if empty and alike:
        raise InputError(
            f'{source}: no image is left for {" and ".join(empty)}, because near-duplicates stay '
            'in one split; give more varied images, or other --shares'
        )


def _look(source: Source) -> list[Fingerprint]:
    """Decode all images and turn shares into pixels; broken images are moved to ``broken``."""
    sound, looked = [], []
    with FingerprintCache() as cache:
        pictures = tqdm(source.pictures, 'reading', unit='image', delay=1, disable=None)
        for picture in pictures:
            try:
                seen = cache.fingerprint(picture.image)
            except ValueError as error:
                source.broken.append(Broken(picture.image, str(error)))
                continue
            scale = (*seen.header.size, *seen.header.size) if picture.relative else (1,) * 4
            picture.objects = [
                item._replace(box=tuple(_tidy(e * s) for e, s in zip(item.box, scale, strict=True)))
                for item in picture.objects
            ]
            sound.append(picture)
            looked.append(seen)
    source.pictures = sound
    return looked


def _tidy(edge: float) -> float:
    """A coordinate to a hundredth of a pixel, as a whole number where it is one."""
    edge = round(edge, 2)
    return int(edge) if edge == int(edge) else edge


def _ids(pictures: list[Picture]) -> list[str]:
    """Short names where they are unique, or else the path with underscores.

    A run of blanks or line breaks becomes one blank, so that a split file can list the name.
    """
    stems = [_tidy_name(Path(picture.name).name) for picture in pictures]
    count = Counter(stems)
    ids = [
        stem if count[stem] == 1 else _tidy_name(picture.name.replace('/', '_'))
        for stem, picture in zip(stems, pictures, strict=True)
    ]
    for name, picture in zip(ids, pictures, strict=True):
        if ids_in([name]) != [name] or not is_text(name):
            raise InputError(
                f'{str(picture.image)!r}: has a name that VOC layout cannot hold; rename it'
            )
    repeated = [name for name, number in Counter(ids).items() if number > 1]
    if repeated:
        raise InputError(f'{repeated[0]}: several images would have this name; rename them')
    return ids


def _tidy_name(name: str) -> str:
    return ' '.join(name.split())


def _write(
    pictures: list[Picture], splits: list[str], looked: list[Fingerprint], out: Path, link: bool
) -> None:
    ids = _ids(pictures)
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f'.{out.name}_') as folder:
            new = Path(folder, 'voc')
            for name in ('JPEGImages', 'Annotations', 'ImageSets/Main'):
                (new / name).mkdir(parents=True)
            rows = list(zip(ids, pictures, looked, strict=True))
            rows = tqdm(rows, 'writing', unit='image', delay=1, disable=None)
            for image_id, picture, seen in rows:
                image = new / f'JPEGImages/{image_id}{picture.image.suffix.lower()}'
                if link:
                    image.symlink_to(picture.image.resolve())
                else:
                    shutil.copy2(picture.image, image)
                objects = [item._asdict() for item in picture.objects]
                annotation = new / f'Annotations/{image_id}.xml'
                size = picture.size or seen.header.size
                write_annotation(annotation, image.name, size, objects)
            for split in SPLITS:
                names = sorted(i for i, s in zip(ids, splits, strict=True) if s == split)
                if names:
                    file = new / f'ImageSets/Main/{split}.txt'
                    file.write_text('\n'.join(names) + '\n', encoding='utf-8')
            os.replace(new, out)
