"""Writing an annotation in VOC layout."""

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

EDGES = ('xmin', 'ymin', 'xmax', 'ymax')


def write_annotation(
    path: str | Path, image: str, size: tuple[int, int], objects: Iterable[dict]
) -> None:
    """Write ``Annotations/<id>.xml``.

    Args:
        path: The file.
        image: The name of the image file.
        size: Width and height of the image in pixels.
        objects: For each object a dict with its ``name``, its ``box`` (xmin, ymin, xmax, ymax) in
            pixels, and where known whether it is ``truncated``, ``occluded`` and ``difficult``.

    Raises:
        OSError: The file cannot be written.
    """
    root = ET.Element('annotation')
    ET.SubElement(root, 'filename').text = image
    _add(root, 'size', width=size[0], height=size[1], depth=3)
    for item in objects:
        flags = {key: int(item[key]) for key in ('truncated', 'occluded') if key in item}
        difficult = int(item.get('difficult', False))
        node = _add(root, 'object', name=item['name'], **flags, difficult=difficult)
        _add(node, 'bndbox', **dict(zip(EDGES, item['box'], strict=True)))
    ET.indent(root)
    ET.ElementTree(root).write(path)


def _add(parent: ET.Element, tag: str, **children) -> ET.Element:
    node = ET.SubElement(parent, tag)
    for key, value in children.items():
        ET.SubElement(node, key).text = str(value)
    return node
