"""Where crops of objects are cut and written."""

import cv2
import numpy as np
import pytest

from ic_backbones.datasets.voc.crops import make_object_crops
from ic_backbones.errors import InputError


def test_a_square_around_each_object(write_voc, tmp_path):
    boxes = [('cat', (10, 8, 26, 16)), ('dog', (0, 0, 4, 4)), ('cat', (5, 5, 5, 9))]
    root = write_voc({'a.png': boxes}, {'train': 'a'})
    image = np.zeros((30, 40, 3), np.uint8)
    image[8:16, 10:26] = 255
    cv2.imwrite(str(root / 'JPEGImages/a.png'), image)
    assert make_object_crops(root, tmp_path / 'crops', 'train', size=40, margin=0.125) == 2
    files = sorted(str(p.relative_to(tmp_path / 'crops')) for p in tmp_path.rglob('crops/**/*.jpg'))
    assert files == ['train/cat/a_0.jpg', 'train/dog/a_1.jpg']

    crop = cv2.imread(str(tmp_path / 'crops/train/cat/a_0.jpg'))[..., 0]
    assert crop.shape == (40, 40)  # 20 pixels of the image, two for one
    white = np.argwhere(crop > 127)
    low, high = white.min(0), white.max(0)
    assert abs(low - [12, 4]).max() <= 1 and abs(high - [27, 35]).max() <= 1


def test_a_folder_without_a_data_set_is_one_sentence(tmp_path):
    with pytest.raises(
        InputError, match=r'holds no JPEGImages/; put a data set in VOC layout there'
    ):
        make_object_crops(tmp_path / 'gone', tmp_path / 'crops', 'train')
