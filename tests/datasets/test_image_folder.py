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
            (tmp_path / folder).mkdir(parents=True)
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


def test_lists_may_hold_spaces_and_empty_lines(make, tmp_path):
    """A listed image is read wherever it lies, because it was named."""
    (tmp_path / 'list.txt').write_text('\nant/a.png  1\nold cow/a.png\t0\n.b/a.png 1\n \n\n')
    options = dict(ann_file='list.txt', metainfo=dict(classes=('cow', 'ant')))
    assert labels(make('ant', 'old cow', '.b', **options)) == {'ant': 1, 'old cow': 0, '.b': 1}
    (tmp_path / 'names.txt').write_text('ant/a.png\nold cow/a.png\n\n')
    assert len(make(ann_file='names.txt', with_label=False)) == 2


@pytest.mark.parametrize(
    'line', ['ant/a.png 2', 'ant/a.png -1', 'ant/a.png', '1', 'ant/a.png,1', 'ant/a.png 1.0']
)
def test_a_line_without_a_label_of_the_classes_is_refused(make, tmp_path, line):
    (tmp_path / 'list.txt').write_text(f'ant/a.png 0\n{line}\n')
    wrong = rf"list.txt: line 2 \('{line}'\) has no path with a label from 0 to 1, .* 2 classes; w"
    with pytest.raises(InputError, match=wrong):
        make('ant', ann_file='list.txt', metainfo=dict(classes=('ant', 'bee')))


def test_without_classes_a_label_has_no_limit(make, tmp_path):
    (tmp_path / 'list.txt').write_text('ant/a.png 7\n')
    assert labels(make('ant', ann_file='list.txt')) == {'ant': 7}
    (tmp_path / 'list.txt').write_text('ant/a.png -1\n')
    with pytest.raises(
        InputError, match=r"line 1 \('ant/a.png -1'\) has no path with a label of 0"
    ):
        make(ann_file='list.txt')


@pytest.mark.parametrize('with_label', [True, False])
def test_a_list_that_names_nothing_is_refused(make, tmp_path, with_label):
    (tmp_path / 'list.txt').write_text('\n')
    with pytest.raises(InputError, match='list.txt: lists no image; write'):
        make('ant', ann_file='list.txt', with_label=with_label)
    with pytest.raises(InputError, match='gone.txt: cannot be read, FileNotFoundError.*; give'):
        make(ann_file='gone.txt', with_label=with_label)


def test_hidden_folders_below_the_classes_are_passed_over(make):
    make('bee/young', 'bee/.ipynb_checkpoints', 'bee/.git/deep', '.trash/bee')
    assert labels(make()) == {'young': 0}
    unlabelled = make(with_label=False)
    assert [row['img_path'].split('/')[-2] for row in unlabelled] == ['young']


def test_only_hidden_images_are_no_data(make):
    with pytest.raises(InputError, match='all images lie in folders that begin with a dot; '):
        make('bee/.ipynb_checkpoints')
