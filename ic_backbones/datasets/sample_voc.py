"""A small detection set in VOC layout that is drawn, not downloaded.

Four classes that differ by shape alone: colours, textures, sizes and angles come from the same
distributions for all of them, on cluttered ground, with occlusion and truncation.

Boxes are written as pixel edges counted from 0 (``xmax`` is one past the last pixel), so a reader
must not subtract 1: ``VOCStyleDataset`` does not.
"""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np

from ..errors import InputError

CLASSES = ('disc', 'square', 'triangle', 'star')

_VERSION = 4  # of the drawing: a folder from another version is drawn anew
_MARKER = 'sample_voc.json'
_FOLDERS = ('JPEGImages', 'Annotations', 'ImageSets')
_SHIFT = 4  # cv2 takes coordinates in 1/16 pixel
_MIN_VISIBLE = 0.7  # of each object, after those in front of it


def make_sample_voc(
    out: str | Path,
    train: int = 240,
    val: int = 60,
    seed: int = 0,
    size: tuple[int, int] = (192, 160),
) -> bool:
    """Draw the set into ``out``, unless it is there already for the same arguments.

    The same arguments give the same bytes. Each image has its own random stream: a longer ``train``
    keeps the first images. ``trainval.txt`` is train and val; test is as long as val.

    Args:
        out: folder for ``JPEGImages``, ``Annotations`` and ``ImageSets/Main``.
        train: number of training images.
        val: number of validation images, and of test images.
        seed: of the drawing.
        size: width and height of the images in pixels.

    Returns:
        Whether anything was drawn.

    Raises:
        InputError: ``out`` holds files that this function did not make, or cannot be written; a
            number is out of range.
    """
    out = Path(out)
    if train < 1 or val < 1:
        raise InputError(f'The sample needs at least 1 train and 1 val image, not {train}, {val}.')
    if not 0 <= seed < 2**32:
        raise InputError(f'The seed {seed} is out of range: give one from 0 to {2**32 - 1}.')
    arguments = {'version': _VERSION, 'train': train, 'val': val, 'seed': seed, 'size': list(size)}
    names = {
        split: [f'{split}_{index:04d}' for index in range(count)]
        for split, count in (('train', train), ('val', val), ('test', val))
    }
    names['trainval'] = names['train'] + names['val']
    if _is_complete(out, arguments, names):
        return False
    marker = out / _MARKER
    try:
        _clear(out)
        marker.write_text(json.dumps({'complete': False}))  # an interrupted folder is still ours
        for folder in ('JPEGImages', 'Annotations', 'ImageSets/Main'):
            (out / folder).mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f'{out} cannot be written ({error.strerror}): give another folder.'
        ) from error
    for number, split in enumerate(('train', 'val', 'test')):
        for index, name in enumerate(names[split]):
            image, objects = draw(np.random.RandomState([seed, number, index]), size)
            cv2.imwrite(
                str(out / 'JPEGImages' / f'{name}.jpg'), image, [cv2.IMWRITE_JPEG_QUALITY, 92]
            )
            _write_xml(out / 'Annotations' / f'{name}.xml', f'{name}.jpg', size, objects)
    for split, ids in names.items():
        (out / 'ImageSets/Main' / f'{split}.txt').write_text('\n'.join(ids) + '\n')
    marker.write_text(json.dumps({'complete': True, **arguments}))
    return True


def draw(
    rng: np.random.RandomState, size: tuple[int, int] = (192, 160)
) -> tuple[np.ndarray, list[dict]]:
    """Draw one image.

    Args:
        rng: source of all randomness (numpy never changes the streams of RandomState).
        size: width and height in pixels.

    Returns:
        The BGR image, uint8 of shape (height, width, 3), and one dict per object: ``name``, ``box``
        (x1, y1, x2, y2) clipped to the image, and whether it is ``truncated`` and ``occluded``.
    """
    image = _ground(rng, size)
    objects, whole, visible = [], [], []
    wanted = rng.randint(3, 7)
    for _ in range(8 * wanted):
        if len(objects) == wanted:
            break
        name = CLASSES[rng.randint(len(CLASSES))]
        cover = _cover(rng, name, size)
        behind = [seen * (1 - cover) for seen in visible]
        if any(b.sum() < _MIN_VISIBLE * w.sum() for b, w in zip(behind, whole, strict=True)):
            continue
        whole.append(cover)
        visible = [*behind, cover]
        x, y, w, h = cv2.boundingRect((cover > 0.5).astype(np.uint8))
        truncated = x == 0 or y == 0 or x + w == size[0] or y + h == size[1]
        objects.append({'name': name, 'box': (x, y, x + w, y + h), 'truncated': truncated})
        paint = _texture(rng, size, avoid=image[cover > 0.5].mean(0))
        image += cover[..., None] * (paint - image)
    for item, seen, cover in zip(objects, visible, whole, strict=True):
        item['occluded'] = bool(seen.sum() < 0.95 * cover.sum())
    image += rng.normal(0, 4, image.shape)
    return image.clip(0, 255).astype(np.uint8), objects


def _smooth_noise(rng: np.random.RandomState, size: tuple[int, int], cells: int) -> np.ndarray:
    """Noise in [0, 1] of shape (height, width, 3) that varies over 1/cells of the image."""
    return cv2.resize(rng.rand(cells, cells, 3), size, interpolation=cv2.INTER_CUBIC)


def _ground(rng: np.random.RandomState, size: tuple[int, int]) -> np.ndarray:
    """Blotches, strokes and arcs: edges and colours that belong to no object."""
    image = 20 + 70 * _smooth_noise(rng, size, 4) + 50 * _smooth_noise(rng, size, 20)
    for _ in range(rng.randint(8, 16)):
        colour = rng.randint(0, 200, 3).tolist()
        thickness = int(rng.randint(1, 4))
        x, y = (rng.rand(2) * size).astype(int).tolist()
        if rng.rand() < 0.5:
            dx, dy = (rng.normal(0, 0.2, 2) * size).astype(int).tolist()
            cv2.line(image, (x, y), (x + dx, y + dy), colour, thickness)
        else:
            radii = (size[1] * rng.uniform(0.03, 0.25, 2)).astype(int).tolist()
            start = rng.uniform(0, 360)
            end = start + rng.uniform(30, 150)
            cv2.ellipse(image, (x, y), radii, rng.uniform(0, 180), start, end, colour, thickness)
    return image


def _cover(rng: np.random.RandomState, name: str, size: tuple[int, int]) -> np.ndarray:
    """Share of each pixel that a new object covers, shape (height, width), in [0, 1]."""
    corners = {'disc': 48, 'square': 4, 'triangle': 3, 'star': 10}[name]
    first = np.pi / 4 if name == 'square' else -np.pi / 2  # upright
    turns = first + 2 * np.pi * np.arange(corners) / corners
    points = np.stack([np.cos(turns), np.sin(turns)], 1)
    if name == 'star':
        points[1::2] *= 0.45
    radius = size[1] * np.exp(rng.uniform(np.log(0.09), np.log(0.27)))
    points *= radius * rng.uniform(0.9, 1.1, 2)
    angle = rng.uniform(-np.pi / 8, np.pi / 8)
    cos, sin = np.cos(angle), np.sin(angle)
    points = points @ np.array([[cos, sin], [-sin, cos]])
    points += rng.uniform(radius / 2, np.array(size) - radius / 2)  # the rim may be cut off
    mask = np.zeros(size[::-1], np.uint8)
    fixed = np.round(points * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SHIFT)
    return mask / 255


def _texture(rng: np.random.RandomState, size: tuple[int, int], avoid: np.ndarray) -> np.ndarray:
    """A two-colour pattern, shape (height, width, 3), far from the colour ``avoid``."""
    colours = rng.uniform(110, 255, (8, 3))  # the ground is darker
    colours = colours[np.argsort(-np.abs(colours - avoid).sum(1))][:4]
    base, other = colours[rng.permutation(4)[:2]]
    angle = rng.uniform(0, np.pi)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    frequency = 2 * np.pi / rng.uniform(5, 14)
    u = np.sin(frequency * (np.cos(angle) * x + np.sin(angle) * y))
    v = np.sin(frequency * (np.cos(angle) * y - np.sin(angle) * x))
    pattern = (np.zeros_like(u), u > 0, u * v > 0, u + v > 0.8)[rng.randint(4)]
    shade = 0.8 + 0.3 * _smooth_noise(rng, size, 3)
    return (base + 0.5 * pattern[..., None] * (other - base)) * shade


def _write_xml(path: Path, image: str, size: tuple[int, int], objects: list[dict]) -> None:
    root = ET.Element('annotation')
    ET.SubElement(root, 'filename').text = image
    _add(root, 'size', width=size[0], height=size[1], depth=3)
    for item in objects:
        flags = {key: int(item[key]) for key in ('truncated', 'occluded')}
        node = _add(root, 'object', name=item['name'], **flags, difficult=0)
        _add(
            node, 'bndbox', **dict(zip(('xmin', 'ymin', 'xmax', 'ymax'), item['box'], strict=True))
        )
    ET.indent(root)
    ET.ElementTree(root).write(path)


def _add(parent: ET.Element, tag: str, **children) -> ET.Element:
    node = ET.SubElement(parent, tag)
    for key, value in children.items():
        ET.SubElement(node, key).text = str(value)
    return node


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
    """Make ``out`` an empty folder, but only where what it holds was drawn here."""
    if out.exists() and not out.is_dir():
        raise InputError(f'{out} is a file: give a folder for the sample set.')
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()) and not (out / _MARKER).is_file():
        raise InputError(
            f'{out} holds files that this tool did not make: give an empty or a new folder.'
        )
    for folder in _FOLDERS:
        shutil.rmtree(out / folder, ignore_errors=True)
