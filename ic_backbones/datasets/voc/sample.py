"""A small detection data set in VOC layout that is drawn, not downloaded.

Boxes are written as pixel edges counted from 0 (``xmax`` is one past the last pixel), so a reader
must not subtract 1; ``VOCStyleDataset`` does not.
"""

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from ...errors import InputError, writing
from ..images import write_image
from .shapes import draw
from .writing import write_annotation

_VERSION = 4  # a folder drawn by another version is drawn again
_MARKER = 'sample_voc.json'
_MOST = 100_000  # images in a split
_FOLDERS = ('JPEGImages', 'Annotations', 'ImageSets')
_DRAWN = re.compile(r'(train|val|test)_\d{4,}\.(jpg|xml)|(train|val|test|trainval)\.txt')


def make_sample_voc(
    out: str | Path,
    train: int = 240,
    val: int = 60,
    seed: int = 0,
    size: tuple[int, int] = (192, 160),
) -> bool:
    """Draw the data set into ``out``, unless it is already there for the same arguments.

    The same arguments give the same bytes. Each image has a random stream of its own, so a larger
    ``train`` keeps the first images. ``trainval.txt`` joins train and val; test is as long as val.

    Args:
        out: The folder for ``JPEGImages``, ``Annotations`` and ``ImageSets/Main``.
        train: The number of training images.
        val: The number of validation images, and also of test images.
        seed: The seed of the drawing.
        size: Width and height of the images in pixels.

    Returns:
        Whether anything was drawn.

    Raises:
        InputError: ``out`` holds files that this function did not make, or cannot be written; or a
            number is out of range.
    """
    out = Path(out)
    if not (1 <= train <= _MOST and 1 <= val <= _MOST):
        raise InputError(
            f'{out}: cannot hold {train} train and {val} val images; ask for 1 to {_MOST} of each'
        )
    if not 0 <= seed < 2**32:
        raise InputError(f'seed {seed}: out of range; choose one from 0 to {2**32 - 1}')
    arguments = {'version': _VERSION, 'train': train, 'val': val, 'seed': seed, 'size': list(size)}
    names = {
        split: [f'{split}_{index:04d}' for index in range(count)]
        for split, count in (('train', train), ('val', val), ('test', val))
    }
    names['trainval'] = names['train'] + names['val']
    if _is_complete(out, arguments, names):
        return False
    with writing(out):
        _draw_all(out, arguments, names)
    return True


def _draw_all(out: Path, arguments: dict, names: dict[str, list[str]]) -> None:
    _clear(out)
    marker = out / _MARKER
    marker.write_text(json.dumps({'complete': False}))  # an interrupted folder is still ours
    for folder in ('JPEGImages', 'Annotations', 'ImageSets/Main'):
        (out / folder).mkdir(parents=True)
    seed, size = arguments['seed'], tuple(arguments['size'])
    tasks = [
        (name, [seed, number, index])
        for number, split in enumerate(('train', 'val', 'test'))
        for index, name in enumerate(names[split])
    ]
    for name, seeds in tqdm(tasks, 'drawing', unit='image', delay=1, disable=None):
        image, objects = draw(np.random.RandomState(seeds), size)
        write_image(out / f'JPEGImages/{name}.jpg', image, cv2.IMWRITE_JPEG_QUALITY, 92)
        write_annotation(out / f'Annotations/{name}.xml', f'{name}.jpg', size, objects)
    for split, ids in names.items():
        (out / f'ImageSets/Main/{split}.txt').write_text('\n'.join(ids) + '\n')
    marker.write_text(json.dumps({'complete': True, **arguments}))


def _is_complete(out: Path, arguments: dict, names: dict[str, list[str]]) -> bool:
    try:
        if json.loads((out / _MARKER).read_text()) != {'complete': True, **arguments}:
            return False
    except (OSError, ValueError):  # no marker, or one that was cut
        return False
    ids = {name for split in names.values() for name in split}
    return all(
        (out / folder / f'{name}{suffix}').is_file()
        for folder, suffix, wanted in (
            ('JPEGImages', '.jpg', ids),
            ('Annotations', '.xml', ids),
            ('ImageSets/Main', '.txt', names),
        )
        for name in wanted
    )


def _clear(out: Path) -> None:
    """Make ``out`` an empty folder, but only if everything in it was drawn here."""
    if out.exists() and not out.is_dir():
        raise InputError(f'{out}: this is a file; choose a folder for the sample')
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()) and not (out / _MARKER).is_file():
        raise InputError(
            f'{out}: holds files that this tool did not make; choose an empty or a new folder'
        )
    for folder in _FOLDERS:
        for file in (out / folder).rglob('*'):
            if file.is_file() and not _DRAWN.fullmatch(file.name):
                raise InputError(
                    f'{file}: is not a file of the drawn sample, which would replace its folder; '
                    'move it away, or draw into another folder'
                )
    for folder in _FOLDERS:
        shutil.rmtree(out / folder, ignore_errors=True)
