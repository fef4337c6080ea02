"""The doctor's findings as text."""

from collections.abc import Callable

from ..datasets.voc.annotation import VOCObject, has_area
from ..datasets.voc.splits import Split
from .diagnosis import Diagnosis
from .problems import Kind, Severity
from .records import Record

_BBOX_MIN_SIZE = 32  # in mmdet's VOC configs


def render(diagnosis: Diagnosis, splits: list[Split], limit: int = 10) -> str:
    """Tables of the classes and of what settings leave out, then the problems, errors last.

    Args:
        diagnosis: What was found in ``splits``.
        splits: The splits.
        limit: How many files to name for each kind of problem; 0 names all.
    """
    return '\n\n'.join(
        [
            _class_table(diagnosis),
            _loss_table(diagnosis, splits),
            f'classes = {diagnosis.classes}',
            *_sections(diagnosis, limit),
            ', '.join(
                _count(diagnosis, severity) for severity in (Severity.ERROR, Severity.WARNING)
            ),
        ]
    )


def _class_table(diagnosis: Diagnosis) -> str:
    def row(label: str, wanted: Callable[[VOCObject], bool]) -> list[str]:
        return [label, *(_cell(records, wanted) for records in diagnosis.records.values())]

    return table(
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

    return table(
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


def _sections(diagnosis: Diagnosis, limit: int) -> list[str]:
    sections = []
    for kind in Kind:
        found = [problem for problem in diagnosis.problems if problem.kind is kind]
        if not found:
            continue
        found.sort(key=lambda problem: problem.file)
        shown = found[: limit or None]
        lines = [f'{kind.severity.name}: {kind.title}; {kind.advice}']
        lines += [f'  {problem.file}: {problem.message}' for problem in shown]
        if len(shown) < len(found):
            lines.append(f'  and {len(found) - len(shown)} more (--all names them)')
        sections.append('\n'.join(lines))
    return sections


def _count(diagnosis: Diagnosis, severity: Severity) -> str:
    number = diagnosis.count(severity)
    return f'{number} {severity.value}{"" if number == 1 else "s"}'


def table(rows: list[list[str]]) -> str:
    """Columns side by side, the first flush left, the others flush right, under a header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        '  '.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return '\n'.join([lines[0], '-' * len(lines[0]), *lines[1:]])
