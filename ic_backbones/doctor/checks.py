"""The checks of one image, of one split and of a model's heads."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ..datasets.voc.annotation import VOCObject, has_area
from ..datasets.voc.splits import Split
from .consistency import check_extents, check_names, check_size
from .problems import Kind, Problem, quoted
from .records import Record

_BROKEN = (Kind.MISSING_IMAGE, Kind.BROKEN_IMAGE, Kind.BROKEN_ANNOTATION)


def check_record(split: Split, record: Record, classes: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with one image and its annotation."""
    for problem in _check_record(split, record, classes):
        left_out = split.skips_broken and problem.kind in _BROKEN
        yield problem._replace(kind=Kind.LEFT_OUT) if left_out else problem


def _check_record(split: Split, record: Record, classes: Sequence[str]) -> Iterator[Problem]:
    yield from _check_image(split, record)
    file = str(record.annotation)
    if record.fault:
        yield Problem(Kind.BROKEN_ANNOTATION, file, record.fault)
        return
    yield from check_size(record)
    if not record.objects:
        yield Problem(Kind.NO_OBJECT, file, 'has no <object>')
    if record.relative:
        yield Problem(Kind.RELATIVE_BOXES, file, 'all its coordinates are from 0 to 1')
        return
    boxes: dict[tuple, list[str]] = defaultdict(list)
    for item in record.objects:
        if item.name in classes:
            boxes[item.box].append(item.name)
            yield from _check_box(split, record, item)
        else:
            yield Problem(Kind.UNKNOWN_CLASS, file, _text(item))
    for box, names in boxes.items():
        if len(names) > 1:
            yield Problem(Kind.SAME_BOX, file, f'{quoted(names)} {_numbers(box)}')


def _check_image(split: Split, record: Record) -> Iterator[Problem]:
    if record.image is None:
        file = str(split.images / f'{record.image_id}.*')
        message = f'{record.image_fault} (listed in {split.ids_file.name})'
        yield Problem(Kind.MISSING_IMAGE, file, message)
        return
    file = str(record.image)
    if not split.any_suffix and record.image.suffix != '.jpg':
        message = f'{type(split.dataset).__name__} reads .jpg files only'
        yield Problem(Kind.OTHER_SUFFIX, file, message)
    if record.others:
        others = ', '.join(path.name for path in record.others)
        yield Problem(Kind.SHARED_ID, file, f'is read, but not {others}')
    if record.image_fault:
        yield Problem(Kind.BROKEN_IMAGE, file, record.image_fault)


def _check_box(split: Split, record: Record, item: VOCObject) -> Iterator[Problem]:
    file, text = str(record.annotation), _text(item)
    if not has_area(item.box):
        yield Problem(Kind.DROPPED_BOX if split.drops_empty_boxes else Kind.FATAL_BOX, file, text)
    elif record.size:
        x1, y1, x2, y2 = item.box
        width, height = record.size
        text = f'{text}, but the image is {width}x{height}'
        outside = x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0
        far = x1 < -width or y1 < -height or x2 > 2 * width or y2 > 2 * height
        if outside or far:
            yield Problem(Kind.OUTSIDE_BOX, file, text)
        elif x1 < 0 or y1 < 0 or x2 > width or y2 > height:
            yield Problem(Kind.CUT_BOX, file, text)


def check_split(split: Split, records: list[Record], classes: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with one split as a whole.

    Args:
        split: The split.
        records: One record for each of its ids.
        classes: The classes of the data set.
    """
    yield from check_lines(split)
    if not records:
        return
    file = str(split.ids_file)
    for image_id, count in Counter(split.ids).items():
        if count > 1:
            yield Problem(Kind.REPEATED_ID, file, f'lists {image_id} {count} times')
    found = Counter(item.name for record in records for item in record.objects)
    absent = [name for name in classes if name not in found]
    if len(absent) == len(classes):
        message = f'no object in its {len(records)} images has a class of {quoted(classes)}'
        if found:
            message += f', because the annotations say {quoted(found)}'
        elif not any(record.fault for record in records):
            message = f'the annotations of its {len(records)} images have no <object> at all'
        yield Problem(Kind.NO_OBJECTS, file, message)
        return
    if absent:
        yield Problem(Kind.ABSENT_CLASS, file, f'has no {quoted(absent)}')
    yield from check_names(file, found, classes, bool(split.classes))
    yield from check_extents(file, records)


def check_lines(split: Split) -> Iterator[Problem]:
    """Whether a split file lists images, and whether mmdet's own data sets find their ids.

    These take every line as it is.
    """
    file = str(split.ids_file)
    if not split.any_suffix and split.lines != split.ids:
        message = f'{type(split.dataset).__name__} takes blanks as part of the ids'
        yield Problem(Kind.UNTIDY_LINES, file, message)
    if not split.ids:
        yield Problem(Kind.EMPTY_SPLIT, file, 'lists no image')


def check_heads(model: dict, classes: Sequence[str]) -> Iterator[Problem]:
    """Whether ``num_classes`` of the model's heads is the number of classes.

    What is not a model or a head at all is left to mmengine, which names it.
    """
    for key, head in _heads(model) if isinstance(model, dict) else ():
        count = head.get('num_classes', 80)  # mmdet's default
        if count != len(classes):
            message = f'is {count}, but the data set has {len(classes)} classes'
            yield Problem(Kind.WRONG_HEAD, f'{key}.num_classes', f'{message} ({quoted(classes)})')


def _heads(model: dict) -> Iterator[tuple[str, dict]]:
    for key, part in (('model', model), ('model.roi_head', model.get('roi_head'))):
        heads = part.get('bbox_head') if isinstance(part, dict) else None
        if isinstance(heads, (list, tuple)):
            named = ((f'{key}.bbox_head.{i}', head) for i, head in enumerate(heads))
            yield from (item for item in named if isinstance(item[1], dict))
        elif isinstance(heads, dict):
            yield f'{key}.bbox_head', heads


def _numbers(box: tuple) -> str:
    return f'({", ".join(f"{edge:g}" for edge in box)})'


def _text(item: VOCObject) -> str:
    return f'{item.name!r} {_numbers(item.box)}'
