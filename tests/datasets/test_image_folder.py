"""An image has the label of its folder's name, whichever folders a split has."""

import cv2
import numpy as np
import pytest

from ic_backbones.datasets import ImageFolder
from ic_backbones.errors import InputError


@pytest.fixture
def make(tmp_path):
    """An image in each of some folders, as a data set."""

    def build(*folders: str, **kwargs) -> ImageFolder:
        for folder in folders:
            (tmp_path / folder).mkdir()
            cv2.imwrite(str(tmp_path / folder / 'a.png'), np.zeros((8, 8, 3), np.uint8))
        return ImageFolder(data_root=str(tmp_path), pipeline=[], serialize_data=False, **kwargs)

    return build


def labels(data: ImageFolder) -> dict[str, int]:
    rows = [data.get_data_info(index) for index in range(len(data))]
    return {row['img_path'].split('/')[-2]: row['gt_label'] for row in rows}


def test_without_classes_folders_count_alphabetically(make):
    data = make('bee', 'cow', 'ant')
    assert labels(data) == {'ant': 0, 'bee': 1, 'cow': 2}
    assert data.metainfo['classes'] == ('ant', 'bee', 'cow')


def test_labels_follow_the_classes(make):
    """Their order need not be alphabetical, and a split may lack the folder of a class."""
    data = make('bee', 'cow', metainfo=dict(classes=['cow', 'ant', 'bee']))
    assert labels(data) == {'cow': 0, 'bee': 2}
    assert data.metainfo['classes'] == ('cow', 'ant', 'bee')
    assert data.folder_to_idx == {'cow': 0, 'ant': 1, 'bee': 2}


@pytest.mark.parametrize('given', [{}, dict(metainfo=dict(classes=('ant', 'bee')))])
def test_hidden_folders_are_passed_over(make, given):
    data = make('.ipynb_checkpoints', 'ant', 'bee', **given)
    assert labels(data) == {'ant': 0, 'bee': 1} and data.metainfo['classes'] == ('ant', 'bee')


def test_a_folder_that_is_not_a_class_is_refused(make):
    with pytest.raises(InputError, match=r'folders that are not among the classes \(cow\); give'):
        make('ant', 'cow', metainfo=dict(classes=('ant', 'bee')))


@pytest.mark.parametrize('suffix', ['webp', 'TIFF', 'jpe'])
def test_all_suffixes_that_cv2_reads(make, tmp_path, suffix):
    (tmp_path / 'bee').mkdir()
    _, code = cv2.imencode(f'.{suffix.lower()}', np.zeros((8, 8, 3), np.uint8))
    (tmp_path / 'bee' / f'b.{suffix}').write_bytes(code.tobytes())
    assert labels(make('ant')) == {'ant': 0, 'bee': 1}


def test_an_annotation_file_has_the_labels(make, tmp_path):
    (tmp_path / 'list.txt').write_text('cow/a.png 0\n')
    data = make('cow', ann_file='list.txt', metainfo=dict(classes=('cow', 'ant')))
    assert labels(data) == {'cow': 0} and data.metainfo['classes'] == ('cow', 'ant')
