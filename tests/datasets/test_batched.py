"""CIFAR's pipelines on whole batches: the same images as one by one."""

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, set_random_seed
from mmpretrain.models import ClsDataPreprocessor
from torch.nn.functional import pad

from ic_backbones.datasets import CIFAR10Data
from ic_backbones.datasets.batched import random_crop, random_flip
from ic_backbones.errors import InputError

PACK = dict(type='PackInputs')
FLIP = dict(type='RandomFlip', prob=1.0, direction='horizontal')
CROP = dict(type='RandomCrop', crop_size=32, padding=4)


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> str:
    """Two images of noise for each class of the training split."""
    rng, root = np.random.default_rng(0), tmp_path_factory.mktemp('cifar10')
    for name in CIFAR10Data.METAINFO['classes']:
        (root / 'train' / name).mkdir(parents=True)
        for number in range(2):
            image = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            cv2.imwrite(str(root / 'train' / name / f'{number}.png'), image)
    return str(root)


def dataset(root: str, *steps: dict, **kwargs) -> CIFAR10Data:
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return CIFAR10Data(root, pipeline=list(steps), **kwargs)


@pytest.mark.parametrize('steps', [(PACK,), (FLIP, PACK), (dict(CROP, padding=None), PACK)])
def test_what_is_not_random_is_equal_to_the_pipeline(root, steps):
    plain, batched = (dataset(root, *steps, batched=value) for value in (False, True))
    for a, b in zip(plain.__getitems__([3, 0, 19]), batched.__getitems__([3, 0, 19]), strict=True):
        assert b['inputs'].dtype == torch.uint8 and torch.equal(a['inputs'], b['inputs'])
        assert torch.equal(a['data_samples'].gt_label, b['data_samples'].gt_label)
    assert torch.equal(plain[7]['inputs'], batched[7]['inputs'])


def test_crops_are_windows_of_the_padded_image_at_every_place():
    images = torch.arange(2 * 3 * 6 * 6, dtype=torch.uint8).view(2, 3, 6, 6).repeat(200, 1, 1, 1)
    np.random.seed(0)
    crops = random_crop(images, (6, 5), padding=1, fill=9)
    np.random.seed(0)
    tops, lefts = np.random.randint(3, size=400), np.random.randint(4, size=400)
    padded = pad(images, [1, 1, 1, 1], value=9)
    for image, crop, top, left in zip(padded, crops, tops, lefts, strict=True):
        assert torch.equal(crop, image[:, top : top + 6, left : left + 5])
    assert len({*zip(tops.tolist(), lefts.tolist(), strict=True)}) == 12


def test_flips_are_as_frequent_as_their_probability():
    images = torch.arange(12, dtype=torch.uint8).view(1, 1, 3, 4).repeat(1000, 1, 1, 1)
    np.random.seed(0)
    out = random_flip(images, 0.25)
    mirrored = (out == images.flip(3)).flatten(1).all(1)
    assert ((out == images).flatten(1).all(1) ^ mirrored).all()
    assert 0.2 < mirrored.float().mean() < 0.3


def test_loader_gives_what_the_preprocessor_takes_and_the_seed_decides_it(root):
    cfg = dict(
        dataset=dict(
            type='ic_backbones.CIFAR10Data',
            data_root=root,
            pipeline=[CROP, dict(FLIP, prob=0.5), PACK],
            batched=True,
        ),
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_size=8,
        collate_fn=dict(type='default_collate'),
    )

    def epoch(seed: int, workers: int) -> list[dict]:
        set_random_seed(seed)
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            return list(Runner.build_dataloader(dict(cfg, num_workers=workers), seed=0))

    first, same, other = epoch(1, 0), epoch(1, 0), epoch(2, 0)
    assert [len(batch['inputs']) for batch in first] == [8, 8, 4]
    assert all(torch.equal(a['inputs'], b['inputs']) for a, b in zip(first, same, strict=True))
    assert not torch.equal(first[0]['inputs'], other[0]['inputs'])
    labels = [[int(sample.gt_label) for sample in batch['data_samples']] for batch in first]
    assert labels == [
        [int(sample.gt_label) for sample in batch['data_samples']] for batch in epoch(3, 1)
    ]
    out = ClsDataPreprocessor(mean=[127.0] * 3, std=[64.0] * 3)(first[0], training=True)
    assert torch.allclose(out['inputs'], (first[0]['inputs'].float() - 127) / 64)


def test_a_subset_has_its_own_images(root):
    plain, batched = (dataset(root, PACK, batched=value) for value in (False, True))
    batched[0]  # the tensor of all images is there
    lazy = dataset(root, PACK, batched=True, lazy_init=True)
    for chosen, source in (([15, 3], batched), (5, batched), ([15, 3], lazy)):
        parts = [data.get_subset(chosen) for data in (plain, source)]
        for a, b in zip(*(part.__getitems__(range(len(part))) for part in parts), strict=True):
            assert torch.equal(a['inputs'], b['inputs'])
            assert torch.equal(a['data_samples'].gt_label, b['data_samples'].gt_label)
    assert torch.equal(batched[7]['inputs'], plain[7]['inputs'])
    batched.get_subset_([15, 3])
    assert torch.equal(batched[1]['inputs'], plain[3]['inputs'])


def test_a_crop_that_does_not_fit_is_one_sentence(root):
    data = dataset(root, dict(CROP, crop_size=48), PACK, batched=True)
    with pytest.raises(InputError, match=r'a crop_size of \(48, 48\) does not fit into images of'):
        data[0]


@pytest.mark.parametrize(
    'steps',
    [
        (),
        (FLIP,),
        (dict(type='Resize', scale=16), PACK),
        (dict(FLIP, direction='vertical'), PACK),
        (dict(CROP, padding_mode='reflect'), PACK),
        (dict(CROP, pad_val=300), PACK),
    ],
)
def test_pipelines_that_have_no_form_for_batches(root, steps):
    with pytest.raises(InputError, match='batched=True: the pipeline cannot run on batches'):
        dataset(root, *steps, batched=True)


def test_only_the_images_of_the_indices_are_decoded(root, monkeypatch):
    read = []
    monkeypatch.setattr(
        'ic_backbones.datasets.cifar._read', lambda path: read.append(path) or np.zeros((32, 32, 3))
    )
    assert len(dataset(root, PACK, indices=10)) == len(read) == 10
    assert {path.parent.name for path in read} == set(CIFAR10Data.METAINFO['classes'])
    read.clear()
    assert len(dataset(root, PACK, indices=[4, -1])) == 2 and len(read) == 20
