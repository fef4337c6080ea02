"""Data sets stop at a bad image with a sentence, or leave it out, wherever it is read."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from image_faults import FAULTS, claim_pixels
from mmengine.logging import MMLogger
from torch.utils.data import DataLoader

from ic_backbones.datasets import ImageFolder, VOCStyleDataset
from ic_backbones.errors import InputError


def folder(root: Path, **kwargs) -> ImageFolder:
    steps = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    options = dict(data_root=str(root / 'JPEGImages'), pipeline=steps, serialize_data=False)
    return ImageFolder(**options, **kwargs)


def voc(root: Path, **kwargs) -> VOCStyleDataset:
    steps = [
        dict(type='mmdet.LoadImageFromFile'),
        dict(type='mmdet.LoadAnnotations', with_bbox=True),
        dict(type='mmdet.PackDetInputs', meta_keys=('img_path',)),
    ]
    return VOCStyleDataset(
        data_root=str(root),
        ann_file='ImageSets/Main/train.txt',
        metainfo=dict(classes=('cat',)),
        pipeline=steps,
        serialize_data=False,
        **kwargs,
    )


@pytest.fixture
def root(write_voc) -> Path:
    """Four noisy images in VOC layout, which are also the image folder of one class."""
    (write_voc({}, {}) / 'JPEGImages/cat').mkdir()
    names = [f'cat/{name}' for name in 'abcd']
    (write_voc({}, {}) / 'Annotations/cat').mkdir()
    root = write_voc(
        {f'{name}.jpg': [('cat', (2, 2, 20, 20))] for name in names}, {'train': ' '.join(names)}
    )
    rng = np.random.default_rng(0)
    for name in names:
        image = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(root / f'JPEGImages/{name}.jpg'), image)
    return root


@pytest.fixture
def bad(root) -> Path:
    return root / 'JPEGImages/cat/b.jpg'


@pytest.fixture
def logged(monkeypatch):
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', lines.append)
    return lines


def read(dataset, workers=0) -> list:
    np.random.seed(0)  # of the images that stand in for skipped ones
    loader = DataLoader(dataset, num_workers=workers, collate_fn=list)
    return [sample['inputs'].float().mean().item() for batch in loader for sample in batch]


@pytest.mark.parametrize('make', [folder, voc])
@pytest.mark.parametrize('fault', FAULTS)
def test_a_bad_image_at_the_start(make, fault, root, bad, logged):
    damage, sentence = FAULTS[fault]
    damage(bad)
    if make is folder and not bad.is_file():  # mmpretrain lists regular files only
        if fault == 'a circle of links':
            with pytest.raises(InputError, match=f"JPEGImages/: cannot be used, .*'{bad}'"):
                folder(root)
        else:
            assert len(folder(root)) == 3
        return
    if fault == 'missing':
        sentence = 'there is no image with this id'
    with pytest.raises(InputError, match=rf'b\.(jpg|\*): .*{sentence}.*; (add|replace)'):
        make(root)
    dataset = make(root, skip_broken=True)
    assert len(dataset) == len(read(dataset)) == 3
    assert len(logged) == 1 and str(bad.with_suffix('')) in logged[0]


@pytest.mark.parametrize('make', [folder, voc])
@pytest.mark.parametrize('fault', FAULTS)
def test_a_bad_image_after_the_start(make, fault, root, bad):
    stops, tests, skips = make(root), make(root, test_mode=True), make(root, skip_broken=True)
    means = read(stops)
    damage, sentence = FAULTS[fault]
    damage(bad)
    for dataset in (stops, tests):
        with pytest.raises(InputError, match=rf'^{bad}: .*{sentence}.*; replace .*$'):
            read(dataset)
    left = read(skips)
    assert left[0] == means[0] and left[2:] == means[2:] and left[1] in {*means} - {means[1]}


@pytest.mark.parametrize('make', [folder, voc])
def test_an_image_that_breaks_only_in_the_decoder(make, root, bad):
    dataset = make(root)
    claim_pixels(bad, 40, 30)  # the header and the end are sound
    with pytest.raises(InputError, match=f'{bad}: cannot be decoded; replace or remove it, or set'):
        read(dataset)


def test_what_is_not_the_fault_of_an_image_is_not_hidden(root):
    dataset = folder(root)
    dataset.pipeline.transforms[1] = lambda results: results['no such key']
    with pytest.raises(KeyError, match='no such key'):
        dataset[0]


def test_the_limit_of_pixels_is_an_argument(root):
    assert len(folder(root, max_pixels=1200)) == 4
    with pytest.raises(InputError, match='a.jpg: has 40x30 pixels, more than max_pixels=1199'):
        folder(root, max_pixels=1199)


def test_nothing_but_broken_images(root):
    with pytest.raises(InputError, match='ImageFolder: no image can be read; check'):
        folder(root, max_pixels=1, skip_broken=True)


@pytest.mark.parametrize('make', [folder, voc])
def test_a_data_folder_that_vanishes_after_the_start(make, root):
    dataset = make(root, skip_broken=True)
    for file in root.glob('JPEGImages/cat/*'):
        file.unlink()
    with pytest.raises(InputError, match='jpg: there is no such file, and the 99 images drawn b'):
        read(dataset)


def test_annotations_are_left_out_too(root, logged):
    (root / 'Annotations/cat/a.xml').unlink()
    (root / 'Annotations/cat/d.xml').write_text('<annotation>')
    assert len(voc(root, skip_broken=True)) == 2
    assert [line.split(': ')[0] for line in logged] == [
        f'skipped {root}/Annotations/cat/{name}.xml' for name in 'ad'
    ]
    assert logged[1].endswith('(number 2)')


def test_workers_write_to_the_log_file(root, bad, tmp_path):
    dataset = folder(root, skip_broken=True)
    bad.unlink()
    log = tmp_path / 'run.log'
    MMLogger.get_instance('workers', log_file=str(log), log_level=logging.WARNING)
    read(dataset, workers=2)
    assert f'skipped {bad}: there is no such file (number 1)' in log.read_text()


def test_a_folder_without_images(tmp_path):
    with pytest.raises(InputError, match='JPEGImages/: cannot be used, .* folder with images for'):
        folder(tmp_path)
