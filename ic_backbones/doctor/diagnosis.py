"""All that is wrong with the splits of a data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tqdm import tqdm

from ..datasets.image_cache import FingerprintCache
from ..datasets.layouts import require_voc
from ..datasets.voc.files import LAYOUT, images_by_id
from ..datasets.voc.splits import Split
from ..errors import InputError
from .checks import check_heads, check_record, check_split
from .overlap import check_overlap
from .problems import Kind, Problem, Severity, quoted
from .records import Examine, Record, read_record


@dataclass
class Diagnosis:
    """All findings, and what was read.

    Attributes:
        classes: The classes of the data set; where none are given, those that were found, in
            alphabetical order.
        records: The records of each split, by the name of the split, in the order of its file.
        problems: The findings, in the order in which they were found.
    """

    classes: tuple[str, ...]
    records: dict[str, list[Record]]
    problems: list[Problem]

    def count(self, severity: Severity) -> int:
        """The number of problems of one severity."""
        return sum(problem.severity is severity for problem in self.problems)


def diagnose(
    splits: list[Split], model: dict | None = None, examine: Examine | None = None
) -> Diagnosis:
    """Read every image and annotation of ``splits`` and collect what is wrong.

    A terminal gets a progress bar.

    Args:
        splits: The splits of one data set.
        model: The model of the config, whose heads are checked; None for a folder.
        examine: Returns the fingerprint of an image file. By default the file is decoded, unless
            the cache knows it.

    Raises:
        InputError: A folder or a split file is missing.
    """
    for split in splits:
        require_files(split)
    with FingerprintCache() as cache:
        records = _read(splits, examine or cache.fingerprint)
    named = [split.classes for split in splits if split.classes]
    found = {item.name for record in chain(*records.values()) for item in record.objects}
    classes = named[0] if named else tuple(sorted(found))
    problems = _check(splits, records, classes, model)
    return Diagnosis(classes, records, list(dict.fromkeys(problems)))


def require_files(split: Split) -> None:
    """Check that the folders and the file of a split exist.

    Raises:
        InputError: One of them does not exist; the message says where to get the data.
    """
    require_voc(split.root)
    for path in (split.root, split.images, split.annotations, split.ids_file):
        if not path.exists():
            raise InputError(f'{path}: not found; {_advice(split.root)}')


def _advice(root: Path) -> str:
    draw = 'python tools/make_sample_voc.py'
    if root == Path('data/sample_voc'):
        return f'draw the sample data with `{draw}`'
    if root.name == 'sample_voc':
        return f'draw the sample data with `{draw} --out {root}`'
    train = 'python tools/train.py configs/faster_rcnn_ic_r18_sample.py'
    return f'put the data ({LAYOUT}) into {root}, or train on the sample data: `{draw} && {train}`'


def _read(splits: list[Split], examine: Examine) -> dict[str, list[Record]]:
    images = {folder: images_by_id(folder) for folder in {split.images for split in splits}}
    tasks = [(split, image_id) for split in splits for image_id in split.ids]
    records: dict[str, list[Record]] = {split.name: [] for split in splits}
    seen: dict[tuple, Record] = {}  # an image that train and trainval share is read once
    for split, image_id in tqdm(tasks, 'checking the data', unit='image', delay=1, disable=None):
        files = split.images, split.annotations, image_id
        key = (*files, split.shift, split.any_suffix, split.max_pixels)
        if key not in seen:
            seen[key] = read_record(split, image_id, images[split.images], examine)
        records[split.name].append(seen[key])
    return records


def _check(
    splits: list[Split], records: dict[str, list[Record]], classes: tuple, model: dict | None
) -> Iterator[Problem]:
    for split in splits:
        if split.classes and split.classes != classes:
            message = f'has {quoted(split.classes)}, and another split {quoted(classes)}'
            yield Problem(Kind.OTHER_CLASSES, str(split.ids_file), message)
    if model is not None:
        yield from check_heads(model, classes)
    for split in splits:
        yield from check_split(split, records[split.name], classes)
        for record in records[split.name]:
            yield from check_record(split, record, classes)
    yield from check_overlap(records)
