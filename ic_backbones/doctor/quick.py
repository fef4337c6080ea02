"""The check before a training, which decodes no image."""

import sys
from collections.abc import Sequence

from mmengine.config import Config

from ..datasets.fingerprint import Fingerprint
from ..datasets.image_cache import HeaderCache
from ..datasets.voc.splits import Split, splits_of_config
from ..errors import InputError
from .diagnosis import diagnose
from .problems import Kind, Severity, quoted
from .records import Record


def check_quick(cfg: Config, loaders: Sequence[str] = ('train', 'val')) -> None:
    """Check what would stop or spoil a training, without decoding an image.

    These are all errors of :func:`~ic_backbones.doctor.diagnose`, except that an image only has to
    have a sound header and the end marker of its format, which is remembered until the file
    changes. Objects of other classes may be left out on purpose, so they are an error only where
    no object has a class of the data set. Data sets in other layouts than VOC's are left alone.

    Args:
        cfg: The whole config.
        loaders: The loaders whose data sets are checked, among 'train', 'val' and 'test'.

    Raises:
        InputError: There is an error; the message says what to do and how many more there are.
    """
    splits = splits_of_config(cfg, loaders)
    for split in splits:
        if not split.classes:
            raise InputError(
                f'{split.name}_dataloader.dataset: has no classes; set '
                "metainfo=dict(classes=('first', 'second'))"
            )
    if not splits:
        return
    with HeaderCache() as headers:
        diagnosis = diagnose(
            splits,
            cfg.get('model') or {},
            lambda image, max_pixels: Fingerprint(headers.header(image, max_pixels)),
        )
    errors = [
        problem
        for problem in diagnosis.problems
        if problem.severity is Severity.ERROR and problem.kind is not Kind.UNKNOWN_CLASS
    ]
    if errors:
        more = f' ({len(errors) - 1} more; tools/check_dataset.py CONFIG lists all)'
        first = min(errors, key=lambda problem: list(Kind).index(problem.kind))
        raise InputError(first.sentence + (more if errors[1:] else ''))
    for split in splits:
        _warn_of_misspelt_classes(split, diagnosis.records[split.name])


def _warn_of_misspelt_classes(split: Split, records: list[Record]) -> None:
    names = {item.name for record in records for item in record.objects}
    unseen, unknown = set(split.classes) - names, names - set(split.classes)
    if unseen and unknown:  # an intended subset of the classes has no unseen class
        print(
            f'warning: {split.ids_file}: its images have no {quoted(sorted(unseen))}, and '
            f'objects of {quoted(sorted(unknown))} are left out; count them with '
            'python tools/check_dataset.py CONFIG',
            file=sys.stderr,
        )
