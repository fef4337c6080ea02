"""What does not fit together stops a run before its first step: channels, classes, and alphas."""

import logging
from types import SimpleNamespace

import pytest
from mmengine.registry import DefaultScope
from mmpretrain.models import ImageClassifier
from torch import nn

from ic_backbones.backbones import ICResNet
from ic_backbones.errors import InputError
from ic_backbones.hooks import AlphaScheduleHook
from ic_backbones.runs.alphas import check_alphas
from ic_backbones.runs.channels import check_channels
from ic_backbones.runs.classes import check_classes, check_detector


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


class Data:
    def __init__(self, *classes, ann_file=''):
        self.metainfo = dict(classes=list(classes)) if classes else {}
        self.ann_file = ann_file


class Named(Data):
    """Whose type has classes, as mmpretrain's ImageNet."""

    METAINFO = dict(classes=['a', 'b', 'c'])

    def __init__(self, **kwargs):
        super().__init__(*self.METAINFO['classes'], **kwargs)


def classifier(count: int) -> ImageClassifier:
    head = dict(type='LinearClsHead', num_classes=count, in_channels=512)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return ImageClassifier(dict(type='ResNet_CIFAR', depth=18), head=head)


def check(model: nn.Module, **data: Data | None) -> None:
    loops = {
        name: each and SimpleNamespace(dataloader=SimpleNamespace(dataset=each))
        for name, each in data.items()
    }
    check_classes(model, loops, 'c.py')


@pytest.mark.parametrize(
    'data',
    [
        dict(train=Data('a', 'b'), val=Data('a', 'b')),
        dict(train=Data('a', 'b'), val=None),
        dict(train=Data(), val=Data('a', 'b')),
        dict(train=Data('a', 'b'), val=Data('ant', 'bee')),  # other names of the same
        dict(train=Data(0, 1)),
        dict(train=Named(ann_file='own.txt'), val=Named(ann_file='own.txt')),
    ],
)
def test_classes_that_fit(data):
    check(classifier(2), **data)


@pytest.mark.parametrize('model', [as_model(head=part(num_classes=2)), as_model(), None])
def test_only_classifiers_are_checked(model):
    """Detectors are checked elsewhere, and a retriever may be tested with other classes."""
    if model is None:
        model = classifier(2)
        del model.head.num_classes
    check(model, train=Data('a', 'b', 'c'), val=Data('b', 'a'))


@pytest.mark.parametrize(
    ('data', 'wrong'),
    [
        (
            dict(train=Data('a', 'b', 'c')),
            r'is 2, but the number of classes of train is 3 \(a, b, c\); set',
        ),
        (dict(train=Data(0, 1, 2)), r'is 2, but the number of classes of train is 3 \(0, 1, 2\)'),
        (dict(val=Named()), 'is 2, but the number of classes of val is 3'),
        (
            dict(train=Data('a', 'b'), val=Data('a')),
            r'is 2, but .* val is 1 \(a\); set it .*, or n',
        ),
        (dict(train=Data('a', 'b'), val=Data('b')), "'b' is class 1 in train and class 0 in val"),
        (
            dict(train=Data('a', 'b'), val=Data('b', 'a')),
            r"'b' is class 1 in train and class 0 in val; give both data sets the same",
        ),
    ],
)
def test_classes_that_do_not_fit(data, wrong):
    with pytest.raises(InputError, match=wrong):
        check(classifier(2), **data)


HEAD = dict(bbox_head=dict(num_classes=2))


@pytest.mark.parametrize('model', [HEAD, dict(roi_head=HEAD), {}, dict(head=dict(num_classes=9))])
def test_heads_that_fit(model):
    check_detector(model, Data('a', 'b'))
    check_detector(model, Data())


def test_heads_that_do_not_fit():
    with pytest.raises(InputError, match=r'model\.roi_head\.bbox_head\.num_classes: is 2.* 3 cla'):
        check_detector(dict(roi_head=HEAD), Data('a', 'b', 'c'))


def test_heads_of_panoptic_data_have_the_classes_of_the_things():
    data = Data('person', 'car', 'sky')
    data.metainfo['thing_classes'] = ['person', 'car']
    check_detector(HEAD, data)


def runner(*hooks: AlphaScheduleHook, **settings) -> SimpleNamespace:
    net = ICResNet(18, stem_channels=4, base_channels=4, **settings)
    return SimpleNamespace(model=net, hooks=hooks, logger=logging.getLogger('alphas'))


@pytest.mark.parametrize(
    ('hooks', 'settings'),
    [
        ([], {}),
        ([], dict(alpha=0.0, alpha_mode='learned')),
        ([AlphaScheduleHook()], dict(alpha=0.0, alpha_mode='scheduled')),
        ([], dict(alpha=0.02, alpha_mode='scheduled')),  # as a checkpoint has left it
        ([], dict(alpha=0.0, alpha_mode='scheduled', frozen_stages=4)),  # no W' can learn
    ],
)
def test_alphas_that_are_used(hooks, settings, caplog):
    check_alphas(runner(*hooks, **settings), 'c.py')
    assert not caplog.messages


def test_an_alpha_that_is_forgotten(caplog):
    with pytest.raises(
        InputError, match=r'c\.py: alpha is scheduled, .*AlphaScheduleHook; add one'
    ):
        check_alphas(runner(alpha=0.0, alpha_mode='scheduled'), 'c.py')
    check_alphas(runner(alpha=0.0), 'c.py')
    (warning,) = caplog.messages
    assert warning.startswith('c.py: alpha is a constant 0 in every IC layer')


def test_a_training_without_the_schedule_of_alpha_is_refused(classifier_config, tool, tmp_path):
    backbone = ['model.backbone.alpha=0.0', 'model.backbone.alpha_mode=scheduled']
    with pytest.raises(InputError, match='tiny_classifier.py: alpha is scheduled, '):
        tool('train').main(
            [classifier_config, '--work-dir', str(tmp_path), '--cfg-options', *backbone]
        )
    assert not list(tmp_path.glob('*.pth'))
