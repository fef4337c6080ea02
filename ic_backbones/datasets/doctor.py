"""What is wrong with a VOC-layout data set, by file name."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from itertools import chain
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from mmengine.config import Config
from tqdm import tqdm

from ..errors import InputError
from .voc_files import (
    VOCObject,
    has_area,
    images_by_id,
    read_annotation,
    read_ids,
    suffix_hint,
)
from .voc_splits import LAYOUT, Split, splits_of_config

ERROR: Literal['error'] = 'error'
WARNING: Literal['warning'] = 'warning'
UNKNOWN_CLASS = 'class that is not among the classes: the object is left out silently'


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        severity: 'error' or 'warning'.
        topic: what kind of fault it is and what follows from it; the same for all of the kind.
        file: the file or config key that has it.
        message: what it is there.
    """

    severity: Literal['error', 'warning']
    topic: str
    file: str
    message: str


@dataclass
class Record:
    """What one image id of a split stands for.

    Attributes:
        image: the image file, None where there is none.
        size: its width and height in pixels, None where it cannot be decoded.
        others: further image files with the same id, which are not read.
        digest: of the image file's bytes.
        annotation: the annotation file, which need not exist.
        written_size: width and height as the annotation has them, None where it does not.
        objects: of the annotation, with boxes as the reader sees them.
        fault: why the annotation cannot be read, or empty.
    """

    image_id: str
    image: Path | None
    size: tuple[int, int] | None
    digest: str
    annotation: Path
    written_size: tuple[int, int] | None = None
    objects: list[VOCObject] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    fault: str = ''


def read_record(split: Split, image_id: str, images: dict[str, list[Path]]) -> Record:
    """Read one image and its annotation.

    Args:
        split: the split that lists the image.
        image_id: its line in the split file.
        images: the image files by id, from ``images_by_id``.
    """
    image, *others = images.get(image_id, [None])
    content = image.read_bytes() if image else b''
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    record = Record(
        image_id=image_id,
        image=image,
        others=others,
        size=None if pixels is None else pixels.shape[1::-1],
        digest=md5(content, usedforsecurity=False).hexdigest() if content else '',
        annotation=split.annotations / f'{image_id}.xml',
    )
    try:
        record.written_size, objects = read_annotation(record.annotation)
    except FileNotFoundError:
        record.fault = 'is not there'
    except (OSError, ValueError) as error:
        record.fault = str(error)
    else:
        record.objects = [item._replace(box=split.as_read(item.box)) for item in objects]
    return record


def check_record(split: Split, record: Record, classes: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with one image and its annotation."""
    image = str(record.image or split.images / f'{record.image_id}.*')
    if record.image is None:
        hint = suffix_hint(record.image_id)
        yield Problem(ERROR, 'missing image', image, f'{hint}listed in {split.ids_file.name}')
    elif not split.any_suffix and record.image.suffix != '.jpg':
        topic = f'{type(split.dataset).__name__} reads .jpg only: use VOCStyleDataset'
        yield Problem(ERROR, topic, image, f'is {record.image.suffix}')
    if record.others:
        others = ', '.join(path.name for path in record.others)
        yield Problem(WARNING, 'several images with one id: one is read', image, f'not {others}')
    if record.image and record.size is None:
        yield Problem(ERROR, 'image that cannot be decoded', image, 'broken, or no image')

    file = str(record.annotation)
    if record.fault:
        yield Problem(ERROR, 'missing or broken annotation', file, record.fault)
    if record.size and record.written_size and record.size != record.written_size:
        topic = 'image size in the annotation differs from the image: do the boxes fit?'
        sizes = ['x'.join(map(str, size)) for size in (record.written_size, record.size)]
        yield Problem(WARNING, topic, file, f'says {sizes[0]}, the image is {sizes[1]}')

    boxes: dict[tuple, list[str]] = defaultdict(list)
    for item in record.objects:
        text = _text(item)
        if item.name not in classes:
            yield Problem(ERROR, UNKNOWN_CLASS, file, text)
            continue
        boxes[item.box].append(item.name)
        if not has_area(item.box):
            if split.drops_empty_boxes:
                yield Problem(WARNING, 'box without an area: it is dropped', file, text)
            else:
                topic = (
                    'box without an area: it makes the loss NaN; use VOCStyleDataset, or '
                    "dict(type='FilterAnnotations', min_gt_bbox_wh=(0, 0), keep_empty=False)"
                )
                yield Problem(ERROR, topic, file, text)
        elif record.size:
            x1, y1, x2, y2 = item.box
            width, height = record.size
            if x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
                yield Problem(ERROR, 'box outside of the image', file, text)
            elif x1 < 0 or y1 < 0 or x2 > width or y2 > height:
                topic = 'box reaches out of the image: it is cut at the rim'
                yield Problem(WARNING, topic, file, f'{text}, image {width}x{height}')
    for box, names in boxes.items():
        if len(names) > 1:
            yield Problem(
                WARNING, 'the same box twice', file, f'{", ".join(names)} {_numbers(box)}'
            )


def check_split(split: Split, records: list[Record], classes: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with one split as a whole."""
    file = str(split.ids_file)
    if not records:
        yield Problem(ERROR, 'empty split', file, 'lists no image')
        return
    for image_id, count in Counter(record.image_id for record in records).items():
        if count > 1:
            yield Problem(
                WARNING, 'image listed more than once', file, f'{image_id}, {count} times'
            )
    found = {item.name for record in records for item in record.objects}
    absent = [name for name in classes if name not in found]
    if absent:
        yield Problem(WARNING, 'class without an object in a split', file, ', '.join(absent))


def check_lines(split: Split) -> Iterator[Problem]:
    """Whether mmdet's own readers, which take every line as it is, find the ids in a split file."""
    lines = split.ids_file.read_text(encoding='utf-8', errors='replace').splitlines()
    if not split.any_suffix and lines != read_ids(split.ids_file):
        topic = f'{type(split.dataset).__name__} takes each line as it is: use VOCStyleDataset'
        yield Problem(ERROR, topic, str(split.ids_file), 'has blank lines or spaces around ids')


def check_overlap(records: dict[str, list[Record]]) -> Iterator[Problem]:
    """The same image, by its content, in a split to train on and in one to measure on.

    Args:
        records: those of each split, by the split's name. Names with 'train' are to train on;
            trainval may share images with val, but train with neither, and nothing with test.
    """
    for name, ours in records.items():
        if 'train' not in name:
            continue
        known = {record.digest: record for record in ours if record.digest}
        for other, theirs in records.items():
            if 'train' in other or ('trainval' in name and 'test' not in other):
                continue
            for record in theirs:
                if record.digest in known:
                    yield Problem(
                        WARNING,
                        f'image of {other} that is in {name} too: the measured AP is too good',
                        str(record.image),
                        f'is {known[record.digest].image}',
                    )


def check_heads(model: dict, classes: Sequence[str]) -> Iterator[Problem]:
    """``num_classes`` of the model's heads against the number of classes."""
    for key, head in _heads(model):
        count = head.get('num_classes', 80)  # mmdet's default
        if count != len(classes):
            yield Problem(
                ERROR,
                "num_classes differs from the data set's classes",
                f'{key}.num_classes',
                f'is {count}, but the data set has {len(classes)} classes: {", ".join(classes)}',
            )


@dataclass
class Diagnosis:
    """All findings, and what was read.

    Attributes:
        classes: of the data set; where none are given, those found, in alphabetical order.
        records: those of each split, in the order of its file.
        problems: in the order found.
    """

    classes: tuple[str, ...]
    records: dict[str, list[Record]]
    problems: list[Problem]


def diagnose(splits: list[Split], model: dict | None = None) -> Diagnosis:
    """Read every image and annotation of ``splits`` and collect what is wrong.

    A terminal gets a progress bar.

    Args:
        splits: of one data set.
        model: the config's model, whose heads are checked; None for a folder.

    Raises:
        InputError: a folder or a split file is missing.
    """
    for split in splits:
        _require_files(split)
    images = {folder: images_by_id(folder) for folder in {split.images for split in splits}}
    tasks = [(split, image_id) for split in splits for image_id in read_ids(split.ids_file)]
    records: dict[str, list[Record]] = {split.name: [] for split in splits}
    seen: dict[tuple, Record] = {}  # an image that train and trainval share is read once
    for split, image_id in tqdm(tasks, unit='image', disable=None):
        key = (split.images, split.shift, split.any_suffix, image_id)
        if key not in seen:
            seen[key] = read_record(split, image_id, images[split.images])
        records[split.name].append(seen[key])

    named = [split.classes for split in splits if split.classes]
    found = {item.name for record in seen.values() for item in record.objects}
    classes = named[0] if named else tuple(sorted(found))
    problems = [
        Problem(
            ERROR, 'splits with different classes', str(split.ids_file), ', '.join(split.classes)
        )
        for split in splits
        if split.classes and split.classes != classes
    ]
    if model is not None:
        problems += check_heads(model, classes)
    for split in splits:
        problems += check_lines(split)
        problems += check_split(split, records[split.name], classes)
        problems += chain.from_iterable(
            check_record(split, record, classes) for record in records[split.name]
        )
    problems += check_overlap(records)
    return Diagnosis(classes, records, list(dict.fromkeys(problems)))


def check_quick(cfg: Config, loaders: Sequence[str] = ('train', 'val')) -> None:
    """Check in seconds what would stop or spoil a training; data sets that are not VOC pass.

    Folders and split files are there, the first images and annotations can be read, objects have
    the config's classes, and the heads have as many.

    Args:
        cfg: the whole config.
        loaders: whose data sets to check, of 'train', 'val' and 'test'.

    Raises:
        InputError: the first fault, with what to do.
    """
    for split in splits_of_config(cfg, loaders):
        _require_files(split)
        if not split.classes:
            raise InputError(
                f"The {split.name} data set has no classes: set metainfo=dict(classes=('first', "
                "'second')) in the config."
            )
        for problem in check_heads(cfg.get('model') or {}, split.classes):
            raise InputError(f'{problem.file} {problem.message}.')
        for problem in check_lines(split):
            raise InputError(f'{problem.file} {problem.message} ({problem.topic}).')
        ids = read_ids(split.ids_file)
        if not ids:
            raise InputError(f'{split.ids_file} lists no image: write one image id a line.')
        images = images_by_id(split.images)
        for image_id in ids[:3]:
            for problem in check_record(split, read_record(split, image_id, images), split.classes):
                if problem.severity == ERROR and problem.topic != UNKNOWN_CLASS:
                    raise InputError(f'{problem.file} {problem.message} ({problem.topic}).')
        _require_known_classes(split, ids[:200])


def _require_files(split: Split) -> None:
    for path in (split.root, split.images, split.annotations, split.ids_file):
        if path.exists():
            continue
        if split.root.name == 'sample_voc':
            advice = 'draw the sample set with `python tools/make_sample_voc.py`'
            if split.root != Path('data/sample_voc'):
                advice = f'{advice[:-1]} --out {split.root}`'
        else:
            advice = (
                f'put the data into {split.root} ({LAYOUT}), or train on the sample set: '
                '`python tools/make_sample_voc.py && '
                'python tools/train.py configs/faster_rcnn_ic_r18_sample.py`'
            )
        raise InputError(f'{path} is not there: {advice}.')


def _require_known_classes(split: Split, ids: list[str]) -> None:
    names: Counter[str] = Counter()
    for image_id in ids:
        file = split.annotations / f'{image_id}.xml'
        try:
            names.update(item.name for item in read_annotation(file)[1])
        except (OSError, ValueError) as error:
            raise InputError(f'{file} cannot be read ({error}).') from error
    if names and not set(names) & set(split.classes):
        raise InputError(
            f'No object in the first {len(ids)} images of {split.ids_file} has a class of the '
            f'config ({", ".join(split.classes)}); the annotations say {", ".join(names)}: '
            'set metainfo=dict(classes=(...)) to these.'
        )
    unseen, unknown = set(split.classes) - set(names), set(names) - set(split.classes)
    if unseen and unknown:  # one misspelt; a subset that is meant has no unseen class
        print(
            f'warning: the first {len(ids)} images of {split.ids_file} have no '
            f'{", ".join(sorted(unseen))}, and objects of {", ".join(sorted(unknown))} are left '
            'out; python tools/check_dataset.py CONFIG counts them',
            file=sys.stderr,
        )


def _heads(model: dict) -> Iterator[tuple[str, dict]]:
    for key, part in (('model', model), ('model.roi_head', model.get('roi_head') or {})):
        heads = part.get('bbox_head') or []
        if isinstance(heads, dict):
            yield f'{key}.bbox_head', heads
        else:
            yield from ((f'{key}.bbox_head.{i}', head) for i, head in enumerate(heads))


def _numbers(box: tuple) -> str:
    return f'({", ".join(f"{edge:g}" for edge in box)})'


def _text(item: VOCObject) -> str:
    return f'{item.name} {_numbers(item.box)}'
