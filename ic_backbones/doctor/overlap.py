"""Which pictures are both trained on and measured on."""

from collections.abc import Iterator
from itertools import product

from ..datasets.fingerprint import BITS, near_pairs
from .problems import Kind, Problem
from .records import Record


def check_overlap(records: dict[str, list[Record]]) -> Iterator[Problem]:
    """Which images, compared by content, are both in a training split and in one to measure on.

    Args:
        records: The records of each split, by the name of the split. Splits with 'train' in their
            name are trained on. Trainval may share images with val, but train may not, and neither
            may share images with test.
    """
    for ours, theirs in product(records, records):
        measured = 'train' not in theirs and ('test' in theirs or 'trainval' not in ours)
        if 'train' in ours and measured:
            yield from _shared(ours, records[ours], theirs, records[theirs])


def _shared(name: str, ours: list[Record], other: str, theirs: list[Record]) -> Iterator[Problem]:
    ours, theirs = (
        [record for record in part if record.seen and record.seen.digest] for part in (ours, theirs)
    )
    known = {record.seen.digest: record for record in ours}
    for record in theirs:
        if record.seen.digest in known:
            message = f'in {other}, the same image as {known[record.seen.digest].image} in {name}'
            yield Problem(Kind.SHARED_IMAGE, str(record.image), message)
    hashes = ([record.seen.hash for record in part] for part in (ours, theirs))
    for row, column, bits in near_pairs(*hashes):
        if ours[row].seen.digest != theirs[column].seen.digest:
            message = (
                f'in {other}, nearly the same picture as {ours[row].image} in {name} '
                f'({bits} of {BITS} bits of their hashes differ)'
            )
            yield Problem(Kind.NEAR_DUPLICATE, str(theirs[column].image), message)
