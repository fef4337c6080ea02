"""What does not fit together stops a run before its first step: channels, and classes."""

from types import SimpleNamespace

import pytest
from torch import nn

from ic_backbones.errors import InputError
from ic_backbones.runs.channels import check_channels
from ic_backbones.runs.classes import check_classes


def part(**attributes) -> nn.Module:
    module = nn.Linear(1, 1)
    for name, value in attributes.items():
        setattr(module, name, value)
    return module


def as_model(**parts: nn.Module) -> nn.Module:
    whole = nn.Module()
    for name, module in parts.items():
        whole.add_module(name, module)
    return whole


BACKBONE = part(out_channels=(8, 16, 32))


@pytest.mark.parametrize(
    'parts',
    [
        dict(neck=part(in_channels=[8, 16, 32])),
        dict(neck=part(in_channels=[32, 16, 8])),  # as YOLOv3's
        dict(neck=part(), head=part(in_channels=5)),  # the neck changes the channels
        dict(neck=nn.Identity(), head=part(in_channels=32)),
        dict(neck=nn.Identity(), head=part(in_channels=32 * 49)),  # flattened
        dict(head=part(in_channels=(8, 16, 32))),
        dict(head=part()),
        {},
    ],
)
def test_channels_that_fit(parts):
    check_channels(as_model(backbone=BACKBONE, **parts), 'c.py')


@pytest.mark.parametrize(
    ('parts', 'wrong'),
    [
        (dict(neck=part(in_channels=[8, 32, 16])), r'model\.neck\.in_channels is \[8, 32, 16\]'),
        (dict(neck=part(in_channels=[8, 16])), r'model\.neck\.in_channels is \[8, 16\]'),
        (dict(neck=nn.Identity(), head=part(in_channels=16)), r'model\.head\.in_channels is 16'),
        (dict(head=part(in_channels=16)), r'model\.head\.in_channels is 16'),
    ],
)
def test_channels_that_do_not_fit(parts, wrong):
    with pytest.raises(InputError, match=rf'c\.py: {wrong}, but the backbone gives .*; set one'):
        check_channels(as_model(backbone=BACKBONE, **parts), 'c.py')


def loop(*classes: str) -> SimpleNamespace:
    metainfo = dict(classes=list(classes)) if classes else {}
    return SimpleNamespace(dataloader=SimpleNamespace(dataset=SimpleNamespace(metainfo=metainfo)))


@pytest.mark.parametrize(
    ('count', 'loops'),
    [
        (2, dict(train=loop('a', 'b'), val=loop('a', 'b'))),
        (2, dict(train=loop('a', 'b'), val=None)),
        (2, dict(train=loop(), val=loop('a', 'b'))),
        (None, dict(train=loop('a', 'b'), val=loop('b'))),  # a detector, which is checked elsewhere
    ],
)
def test_classes_that_fit(count, loops):
    check_classes(as_model(head=part(num_classes=count)), loops, 'c.py')


@pytest.mark.parametrize(
    ('loops', 'wrong'),
    [
        (
            dict(train=loop('a', 'b', 'c')),
            r'is 2, but the number of classes of train is 3 \(a, b, c\); set',
        ),
        (dict(train=loop(), val=loop('b')), r'is 2, but the number of classes of val is 1 \(b\)'),
        (
            dict(train=loop('a', 'b'), val=loop('b')),
            r'different classes \(only one has a\); give both',
        ),
        (
            dict(train=loop('a', 'b'), val=loop('b', 'a')),
            r'train and val have different classes \(the same in another order\); give',
        ),
    ],
)
def test_classes_that_do_not_fit(loops, wrong):
    with pytest.raises(InputError, match=wrong):
        check_classes(as_model(head=part(num_classes=2)), loops, 'c.py')
