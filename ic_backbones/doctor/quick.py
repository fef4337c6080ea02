"""The check before a training, which takes seconds."""

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from mmengine.config import Config

from ..datasets.voc.annotation import read_annotation
from ..datasets.voc.files import images_by_id
from ..datasets.voc.splits import Split, splits_of_config
from ..errors import InputError
from .checks import check_heads, check_lines, check_record
from .diagnosis import require_files
from .problems import Kind, Severity
from .records import read_record


def check_quick(cfg: Config, loaders: Sequence[str] = ('train', 'val')) -> None:
    """Check in seconds what would stop or spoil a training.

    The folders and split files must be there, the first images and annotations must be readable,
    objects must have the config's classes, and the heads must have as many. Data sets in other
    layouts than VOC's are left alone.

    Args:
        cfg: The whole config.
        loaders: The loaders whose data sets are checked, among 'train', 'val' and 'test'.

    Raises:
        InputError: The first fault, with what to do.
    """
    for split in splits_of_config(cfg, loaders):
        require_files(split)
        if not split.classes:
            raise InputError(
                f'{split.name}_dataloader.dataset: has no classes; set '
                "metainfo=dict(classes=('first', 'second'))"
            )
        images = images_by_id(split.images)
        records = (read_record(split, image_id, images) for image_id in split.ids[:3])
        for problem in chain(
            check_heads(cfg.get('model') or {}, split.classes),
            check_lines(split),
            *(check_record(split, record, split.classes) for record in records),
        ):
            if problem.severity is Severity.ERROR and problem.kind is not Kind.UNKNOWN_CLASS:
                raise InputError(problem.sentence)
        _require_known_classes(split, split.ids[:200])


def _require_known_classes(split: Split, ids: list[str]) -> None:
    names: Counter[str] = Counter()
    for image_id in ids:
        file = split.annotations / f'{image_id}.xml'
        try:
            names.update(item.name for item in read_annotation(file)[1])
        except (OSError, ValueError) as error:
            raise InputError(f'{file}: cannot be read ({error}); correct it') from error
    if names and not set(names) & set(split.classes):
        raise InputError(
            f'{split.ids_file}: no object in its first {len(ids)} images has a class of the '
            f'config ({", ".join(split.classes)}), for the annotations say {", ".join(names)}; set '
            'metainfo=dict(classes=(...)) to these'
        )
    unseen, unknown = set(split.classes) - set(names), set(names) - set(split.classes)
    if unseen and unknown:  # one is misspelt; an intended subset has no unseen class
        print(
            f'warning: {split.ids_file}: its first {len(ids)} images have no '
            f'{", ".join(sorted(unseen))}, and objects of {", ".join(sorted(unknown))} are left '
            'out; count them with python tools/check_dataset.py CONFIG',
            file=sys.stderr,
        )
