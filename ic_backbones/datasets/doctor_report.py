"""The doctor's findings as text."""

from collections.abc import Callable
from itertools import groupby

from .doctor import ERROR, WARNING, Diagnosis, Problem, Record
from .voc_files import VOCObject, has_area
from .voc_splits import Split

_BBOX_MIN_SIZE = 32  # of mmdet's VOC configs


def render(diagnosis: Diagnosis, splits: list[Split], limit: int = 10) -> str:
    """Tables of classes and of what settings leave out, then the problems, errors last.

    Args:
        diagnosis: of ``splits``.
        splits: the splits.
        limit: how many files to name for each kind of problem; 0 for all.
    """
    problems = diagnosis.problems
    errors = sum(problem.severity == ERROR for problem in problems)
    return '\n\n'.join(
        [
            _class_table(diagnosis),
            _loss_table(diagnosis, splits),
            f'classes = {diagnosis.classes}',
            *_sections(problems, WARNING, limit),
            *_sections(problems, ERROR, limit),
            f'{_count(errors, "error")}, {_count(len(problems) - errors, "warning")}',
        ]
    )


def _class_table(diagnosis: Diagnosis) -> str:
    def row(label: str, wanted: Callable[[VOCObject], bool]) -> list[str]:
        return [label, *(_cell(records, wanted) for records in diagnosis.records.values())]

    return _table(
        [
            ['objects (in images)', *diagnosis.records],
            *(row(name, lambda item, name=name: item.name == name) for name in diagnosis.classes),
            row('all', lambda item: True),
            ['images', *(str(len(records)) for records in diagnosis.records.values())],
        ]
    )


def _cell(records: list[Record], wanted: Callable[[VOCObject], bool]) -> str:
    per_image = [sum(map(wanted, record.objects)) for record in records]
    return f'{sum(per_image)} ({sum(map(bool, per_image))})'


def _loss_table(diagnosis: Diagnosis, splits: list[Split]) -> str:
    """How many boxes each setting leaves out."""
    classes = set(diagnosis.classes)
    min_size = max(split.dataset.bbox_min_size or 0 for split in splits) or _BBOX_MIN_SIZE

    def small(item: VOCObject) -> bool:
        x1, y1, x2, y2 = item.box
        return min(x2 - x1, y2 - y1) < min_size

    def row(
        label: str, wanted: Callable[[VOCObject], bool], applies: Callable[[Split], bool]
    ) -> list[str]:
        cells = [label]
        for split in splits:
            records = diagnosis.records[split.name]
            count = sum(wanted(item) for record in records for item in record.objects)
            cells.append(f'{count} {"on " if applies(split) else "off"}')
        return cells

    return _table(
        [
            ['boxes that a setting leaves out where it is on', *diagnosis.records],
            row(
                'no area (VOCStyleDataset, FilterAnnotations)',
                lambda item: not has_area(item.box),
                lambda split: split.drops_empty_boxes,
            ),
            row(
                f'under {min_size} pixels (bbox_min_size={min_size} in filter_cfg)',
                small,
                lambda split: bool(split.dataset.bbox_min_size),
            ),
            row('marked difficult', lambda item: item.difficult, lambda split: True),
            row('of another class', lambda item: item.name not in classes, lambda split: True),
        ]
    )


def _sections(problems: list[Problem], severity: str, limit: int) -> list[str]:
    chosen = sorted(
        (problem for problem in problems if problem.severity == severity),
        key=lambda problem: (problem.topic, problem.file),
    )
    sections = []
    for topic, group in groupby(chosen, key=lambda problem: problem.topic):
        found = list(group)
        shown = found[: limit or None]
        lines = [f'{severity.upper()}: {topic}']
        lines += [f'  {problem.file}: {problem.message}' for problem in shown]
        if len(shown) < len(found):
            lines.append(f'  and {len(found) - len(shown)} more (--all names them)')
        sections.append('\n'.join(lines))
    return sections


def _count(number: int, noun: str) -> str:
    return f'{number} {noun}{"" if number == 1 else "s"}'


def _table(rows: list[list[str]]) -> str:
    """Columns side by side, the first flush left, the rest flush right, a line under the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        '  '.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return '\n'.join([lines[0], '-' * len(lines[0]), *lines[1:]])
