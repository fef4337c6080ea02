"""TenCrop gives the crops of torchvision's ten_crop, as the last step of a pipeline."""

import numpy as np
import pytest
import torch
from mmpretrain.registry import TRANSFORMS
from torchvision.transforms.functional import ten_crop

from ic_backbones.errors import InputError
from ic_backbones.transforms import TenCrop


@pytest.mark.parametrize('size', [(9, 12), (8, 8), (11, 9)])
def test_is_torchvisions_ten_crop(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    packed = TenCrop(6)(dict(img=image, gt_label=3))
    expected = ten_crop(torch.from_numpy(image).permute(2, 0, 1), 6)
    assert len(packed['inputs']) == len(expected) == 10
    for crop, right in zip(packed['inputs'], expected, strict=True):
        assert torch.equal(crop, right)
    assert [sample.gt_label.item() for sample in packed['data_samples']] == [3] * 10
    assert packed['data_samples'][0].img_shape == (6, 6)


def test_is_registered_and_says_which_crops_are_mirrored():
    crops = TRANSFORMS.build(dict(type='ic_backbones.TenCrop', crop_size=4))
    samples = crops(dict(img=np.zeros((5, 5, 3), np.uint8)))['data_samples']
    assert [sample.flip for sample in samples] == [False] * 5 + [True] * 5


def test_an_image_smaller_than_the_crop():
    with pytest.raises(InputError, match='small.jpg: 5x9 pixels are less than crop_size=6; resize'):
        TenCrop(6)(dict(img=np.zeros((9, 5, 3), np.uint8), img_path='small.jpg'))
