import cv2
import numpy as np
import pytest

from ic_backbones.datasets.images import read_image
from ic_backbones.datasets.voc.splits import splits_of_folder
from ic_backbones.doctor import diagnose
from ic_backbones.doctor.pictures import draw_samples
from ic_backbones.errors import InputError


def test_boxes_are_drawn_and_problems_come_first(write_voc, tmp_path):
    names = [f'{index}.png' for index in range(8)]
    root = write_voc(
        {name: [('cat', (20, 20, 80, 60)), ('unknown', (1, 1, 9, 9))] for name in names},
        {'train': '0 1 2 3 4 5 6', 'val': '7'},
        size=(100, 80),
    )
    (root / 'JPEGImages/0.png').write_bytes(b'')
    xml = root / 'Annotations/5.xml'
    xml.write_text(xml.read_text().replace('<width>100<', '<width>80<'))
    out = tmp_path / 'pictures'
    diagnosis = diagnose(splits_of_folder(root, ['cat']))
    diagnosis.problems = [problem for problem in diagnosis.problems if '5.xml' in problem.file]
    assert draw_samples(diagnosis, out, number=2) == 3
    assert (out / 'val/7_boxes.jpg').is_file() and (out / 'train/5_boxes.jpg').is_file()
    picture = read_image(out / 'val/7_boxes.jpg').astype(int)
    changed = np.abs(picture - cv2.imread(str(root / 'JPEGImages/7.png'))).max(-1) > 40
    assert changed[20:60, 80].mean() > 0.9 and changed[60, 20:80].mean() > 0.9
    assert not changed[30:58, 45:78].any() and not changed[:15].any()
    with pytest.raises(InputError, match='cannot be written .Not a directory.; choose another'):
        draw_samples(diagnosis, xml)


def test_images_that_only_the_data_set_allows_are_drawn(healthy, tmp_path, monkeypatch):
    monkeypatch.setattr(read_image, '__defaults__', (40 * 30 - 1,))
    diagnosis = diagnose(splits_of_folder(healthy, ['cat', 'dog']))
    assert draw_samples(diagnosis, tmp_path / 'pictures') == 2
