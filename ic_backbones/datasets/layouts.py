"""Recognising the layout of a folder of detection data by the names of its files."""

import json
from pathlib import Path

from ..errors import InputError
from ..regular_file import require_regular
from .images import IMAGE_SUFFIXES
from .voc.files import files_below

VOC, COCO, YOLO = 'VOC', 'COCO', 'YOLO'


def recognise(source: str | Path) -> str | None:
    """The layout of a data set.

    Args:
        source: A folder, or for COCO also the JSON file.

    Returns:
        'COCO' if there is a JSON file with images, annotations and categories; 'YOLO' if there is a
        text file with the name of an image, or data.yaml; 'VOC' if there is an XML file with the
        name of an image; None otherwise.
    """
    source = Path(source)
    if source.is_file():
        return COCO if is_coco(source) else None
    if not source.is_dir():
        return None
    files = [path for path in files_below(source) if path.is_file()]
    stems = {path.stem for path in files if path.suffix.lower() in IMAGE_SUFFIXES}
    named = {path.suffix.lower() for path in files if path.stem in stems}
    if '.xml' in named:
        return VOC
    if coco_files(files):
        return COCO
    return YOLO if '.txt' in named or (source / 'data.yaml').is_file() else None


def coco_files(files: list[Path]) -> list[Path]:
    """Those among ``files`` that are annotations in COCO's format, in alphabetical order."""
    return sorted(path for path in files if path.suffix.lower() == '.json' and is_coco(path))


def is_coco(path: Path) -> bool:
    """Whether a file holds images, annotations and categories, as COCO's instances do."""
    try:
        require_regular(path)
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {'images', 'annotations', 'categories'} <= content.keys()


def require_voc(folder: str | Path) -> None:
    """Refuse a folder that holds a data set in a layout other than VOC's.

    Raises:
        InputError: It does; the message has the command that converts it.
    """
    folder = Path(folder)
    if all((folder / needed).is_dir() for needed in ('JPEGImages', 'Annotations')):
        return
    layout = recognise(folder)
    if layout is not None:
        kind = 'without VOC folders' if layout == VOC else f'in {layout} layout'
        raise InputError(
            f'{folder}: is a data set {kind}; convert it with `python tools/convert_dataset.py '
            f'{folder} data/{folder.resolve().name}_voc`'
        )
