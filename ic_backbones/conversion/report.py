"""What a conversion did."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .source import SPLITS, Broken, Source

_MOST = 10  # files or groups that the text names


@dataclass
class Report:
    """What a conversion did.

    Attributes:
        layout: The layout of the source.
        classes: The classes that have objects, in the order of the source.
        images: The number of images by split.
        objects: The number of objects by split and class.
        kept: Whether the splits are those of the source.
        together: The number of images that have a near-duplicate.
        apart: The near-duplicates that the splits of the source divide, by their names.
        left_out: The files that were left out.
    """

    layout: str
    classes: tuple[str, ...]
    images: dict[str, int]
    objects: dict[str, Counter]
    kept: bool
    together: int
    apart: list[list[str]]
    left_out: list[Broken]

    def text(self, out: str | Path) -> str:
        """The report for a user, with the lines that a config needs for the folder ``out``."""
        used = [split for split in SPLITS if self.images[split]]
        lines = [f'{self.layout} layout, {sum(self.images.values())} images']
        for split in used:
            counts = ', '.join(f'{self.objects[split][name]} {name!r}' for name in self.classes)
            lines.append(f'  {split}: {self.images[split]} images with {counts or "no object"}')
        lines.append(
            'the splits are those of the source' if self.kept else 'the splits are new ones'
        )
        if self.together:
            lines.append(f'{self.together} images have near-duplicates in the data set')
        if self.apart:
            count = f'groups of near-duplicates in more than one split: {len(self.apart)}'
            lines.append(f'{count}; --resplit keeps them in one split')
            lines += _some([', '.join(group) for group in self.apart])
        if self.left_out:
            lines.append(f'{len(self.left_out)} files were left out')
            lines += _some([f'{file}: {fault}' for file, fault in self.left_out])
        names = (*used, used[-1], used[-1])[:3]  # a missing split is measured on the last one
        return '\n'.join(
            [
                *lines,
                'the block of the config:',
                f'data_root = {str(out)!r}',
                f'train_split, val_split, test_split = {", ".join(map(repr, names))}',
                f'classes = {self.classes}',
                f'look at it: python tools/check_dataset.py {out} --pictures work_dirs/pictures',
            ]
        )


def _some(lines: list[str]) -> list[str]:
    more = [f'and {len(lines) - _MOST} more'] if len(lines) > _MOST else []
    # A name that is not UTF-8 could not be printed.
    return [
        f'  {line}'.encode(errors='backslashreplace').decode() for line in [*lines[:_MOST], *more]
    ]


def make_report(source: Source, splits: list[str], groups: list[list[int]], kept: bool) -> Report:
    """Count what was written.

    Args:
        source: What was read.
        splits: The split of each picture.
        groups: The indices of the pictures that are alike.
        kept: Whether the splits are those of the source.
    """
    objects = {split: Counter() for split in SPLITS}
    for picture, split in zip(source.pictures, splits, strict=True):
        objects[split].update(item.name for item in picture.objects)
    several = [group for group in groups if len(group) > 1]
    divided = [group for group in several if len({splits[index] for index in group}) > 1]
    return Report(
        source.layout,
        tuple(name for name in source.classes if any(objects[split][name] for split in SPLITS)),
        {split: splits.count(split) for split in SPLITS},
        objects,
        kept,
        sum(map(len, several)),
        [[source.pictures[index].name for index in group] for group in divided],
        source.broken,
    )
