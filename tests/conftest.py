import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope

sys.path.insert(0, str(Path(__file__).parents[1]))  # tools/ is not part of the package

OBJECT = (
    '<object><name>{}</name><difficult>{}</difficult><bndbox><xmin>{}</xmin><ymin>{}</ymin>'
    '<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>'
)


@pytest.fixture(autouse=True)
def own_default_scope():
    """A Runner leaves its default scope behind, and the next test would depend on it."""
    DefaultScope._instance_dict.clear()
    yield
    DefaultScope._instance_dict.clear()


@pytest.fixture
def write_voc(tmp_path) -> Callable[..., Path]:
    """Write a VOC folder: each image's file name, and its objects (name, box[, difficult])."""

    def write(images: dict[str, list[tuple]], splits: dict[str, str], size=(40, 30)) -> Path:
        for folder in ('JPEGImages', 'Annotations', 'ImageSets/Main'):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for file, objects in images.items():
            cv2.imwrite(
                str(tmp_path / 'JPEGImages' / file), np.full((*size[::-1], 3), 90, np.uint8)
            )
            nodes = [
                OBJECT.format(name, *difficult or [0], *box) for name, box, *difficult in objects
            ]
            (tmp_path / 'Annotations' / Path(file).with_suffix('.xml')).write_text(
                f'<annotation><size><width>{size[0]}</width><height>{size[1]}</height></size>'
                f'{"".join(nodes)}</annotation>'
            )
        for name, ids in splits.items():
            (tmp_path / f'ImageSets/Main/{name}.txt').write_text('\n'.join(ids.split()) + '\n')
        return tmp_path

    return write
