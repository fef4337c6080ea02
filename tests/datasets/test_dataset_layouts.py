"""Data sets in other layouts are told from their files."""

import json

import pytest

from ic_backbones.datasets.layouts import recognise
from ic_backbones.datasets.voc.splits import splits_of_folder
from ic_backbones.doctor import check_quick
from ic_backbones.errors import InputError

COCO = json.dumps({'images': [], 'annotations': [], 'categories': []})
LAYOUTS = {
    'COCO': {'train2017/a.jpg': '', 'annotations/instances_train2017.json': COCO},
    'COCO of one folder': {'train/a.jpg': '', 'train/_annotations.coco.json': COCO},
    'YOLO': {'images/train/a.jpg': '', 'labels/train/a.txt': '', 'data.yaml': ''},
    'YOLO without a list of classes': {'a.png': '', 'a.txt': ''},
    'VOC': {'a.jpg': '', 'a.xml': ''},
}


@pytest.mark.parametrize('case', LAYOUTS)
def test_layouts(case, tmp_path, voc_config):
    for name, text in LAYOUTS[case].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    layout = case.split()[0]
    assert recognise(tmp_path) == layout
    kind = 'without VOC folders' if layout == 'VOC' else f'in {layout} layout'
    sentence = rf'{tmp_path}: is a data set {kind}; convert it with `python .* {tmp_path} data/\w+`'
    with pytest.raises(InputError, match=sentence):
        splits_of_folder(tmp_path)
    with pytest.raises(InputError, match=sentence):
        check_quick(voc_config(tmp_path))


def test_what_is_no_data_set(tmp_path):
    for name in ('a.jpg', 'b.txt', 'c.xml', 'd.json', 'e.json'):
        (tmp_path / name).write_text('{' if name == 'd.json' else '{}')
    assert recognise(tmp_path) is recognise(tmp_path / 'nowhere') is None
    assert recognise(tmp_path / 'e.json') is None
    (tmp_path / 'e.json').write_text(COCO)
    assert recognise(tmp_path / 'e.json') == recognise(tmp_path) == 'COCO'
