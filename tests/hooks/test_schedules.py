"""Values that change over a training with the iteration."""

import copy
import logging
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub

from ic_backbones.backbones import ICResNet
from ic_backbones.distillation import WLDLoss
from ic_backbones.errors import InputError
from ic_backbones.ops import ic_layers
from ic_backbones.registry import HOOKS


def runner(model, iterations=5):
    hub = MessageHub.get_instance('test_schedules')
    return SimpleNamespace(model=model, iter=0, max_iters=iterations, message_hub=hub)


def test_lambda_falls_linearly_and_depends_on_the_iteration_alone():
    state = runner(torch.nn.Module())
    state.model.wld = WLDLoss()
    hook = HOOKS.build(dict(type='WLDScheduleHook'))
    hook.before_train(state)
    seen = []
    for state.iter in (0, 1, 2, 3, 4, 2):  # the last: a new start that resumes
        hook.before_train_iter(state, 0)
        seen.append(state.model.wld.weight)
    assert seen == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1, 0.5])
    assert state.message_hub.get_scalar('train/lambda').current() == pytest.approx(0.5)


def test_alpha_rises_in_every_layer():
    net = ICResNet(18, base_channels=8, stem_channels=8, alpha=0.0, alpha_mode='scheduled')
    state = runner(net)
    hook = HOOKS.build(dict(type='AlphaScheduleHook', end=0.04))
    hook.before_train(state)
    for state.iter in range(5):
        hook.before_train_iter(state, 0)
        alphas = [layer.alpha.item() for layer in ic_layers(net).values()]
        assert alphas == pytest.approx([0.01 * state.iter] * 16)


@pytest.mark.parametrize('name', ['WLDScheduleHook', 'AlphaScheduleHook'])
def test_a_model_without_the_value_is_refused(name):
    net = ICResNet(18, base_channels=8, stem_channels=8, alpha=0.0, alpha_mode='learned')
    with pytest.raises(InputError, match=name):
        HOOKS.build(dict(type=name)).before_train(runner(net))


@pytest.mark.parametrize(
    'wrong',
    [
        dict(type='WLDScheduleHook', start=9),
        dict(type='WLDScheduleHook', end=-0.1),
        dict(type='AlphaScheduleHook', end='0.02'),
        dict(type='AlphaScheduleHook', start=True),
        dict(type='AlphaScheduleHook', end=float('inf')),
        dict(type='AlphaScheduleHook', end=float('nan')),
        dict(type='AlphaScheduleHook', start=None),
    ],
)
def test_values_that_make_no_sense(wrong):
    with pytest.raises(InputError, match=rf'{wrong["type"]}: (start|end) is .*; give a number'):
        HOOKS.build(wrong)


def test_a_foreign_buffer_named_alpha_is_left_alone():
    net = torch.nn.ModuleDict(
        dict(
            ic=ICResNet(18, base_channels=8, stem_channels=8, alpha=0.0, alpha_mode='scheduled'),
            other=torch.nn.Module(),
        )
    )
    net['other'].register_buffer('alpha', torch.tensor(7.0))
    hook = HOOKS.build(dict(type='AlphaScheduleHook', end=0.04))
    state = runner(net)
    hook.before_train(state)
    state.iter = 4
    hook.before_train_iter(state, 0)
    assert net['other'].alpha == 7 and net['ic'].layer1[0].conv1.alpha == pytest.approx(0.04)


def test_alpha_stays_in_frozen_stages():
    net = ICResNet(
        18, base_channels=8, stem_channels=8, alpha=0.0, alpha_mode='scheduled', frozen_stages=1
    )
    hook = HOOKS.build(dict(type='AlphaScheduleHook', end=0.04))
    state = runner(net)
    hook.before_train(state)
    state.iter = 4
    hook.before_train_iter(state, 0)
    alphas = {name: layer.alpha.item() for name, layer in ic_layers(net).items()}
    assert alphas == pytest.approx({name: 0.04 * ('layer1' not in name) for name in alphas})


def test_mean_teachers_follow_a_scheduled_alpha():
    student = ICResNet(18, base_channels=8, stem_channels=8, alpha=0.0, alpha_mode='scheduled')
    teacher = copy.deepcopy(student).requires_grad_(False)
    state = runner(torch.nn.ModuleDict(dict(student=student, teacher=teacher)))
    hooks = [
        HOOKS.build(dict(type='AlphaScheduleHook', end=0.04)),
        HOOKS.build(dict(type='mmdet.MeanTeacherHook', momentum=0.5, skip_buffer=False)),
    ]
    for hook in hooks:
        hook.before_train(state)
    for state.iter in range(5):
        for hook in hooks:
            hook.before_train_iter(state, 0)
            hook.after_train_iter(state, 0)
    assert teacher.layer1[0].conv1.alpha == pytest.approx(0.030625)


def test_constant_alphas_are_not_logged(caplog):
    state = runner(ICResNet(18, base_channels=8, stem_channels=8))
    state.logger = logging.getLogger('alphas')
    state.train_dataloader = [0]
    hook = HOOKS.build(dict(type='LogAlphaHook', interval=1))
    hook.before_train(state)
    hook.after_train_iter(state, 0)  # there is no visualizer
    assert caplog.messages == ['LogAlphaHook: no alpha changes, so none is logged']
