"""A training that is made longer has the learning rates of a training of that length."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

from ic_backbones.runs.schedule import stretch_schedule

CONFIGS = Path(__file__).parents[2] / 'configs'
COSINE = (
    '[dict(type="LinearLR",start_factor=0.1,by_epoch=False,begin=0,end=3),'
    'dict(type="CosineAnnealingLR",T_max={end},end={end},by_epoch={by_epoch}{convert})]'
)


@pytest.mark.parametrize(
    'name, epochs, index, expected',
    [
        ('faster_rcnn_ic_r18_sample', 8, 1, dict(begin=0, end=16, T_max=16)),
        ('sample/resnet18_20e', 20, None, dict(T_max=40)),
        ('faster_rcnn_ic_r50_voc', 4, 0, dict(begin=0, end=8, milestones=[6])),
        ('cifar10/resnet18_200e', 200, None, dict(milestones=[120, 240])),
        ('cifar10/vgg16_30e', 30, None, dict(total_steps=60)),
        ('caltech256/vgg16_52e', 52, None, dict(begin=0, end=104)),
    ],
)
def test_the_schedules_of_our_configs(name, epochs, index, expected):
    """Doubling the epochs doubles all times in epochs; a warm-up in iterations stays."""
    written = Config.fromfile(CONFIGS / f'{name}.py')
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    assert stretch_schedule(cfg, written) == '' and cfg.param_scheduler == written.param_scheduler
    cfg.train_cfg.max_epochs = 2 * epochs
    sentence = stretch_schedule(cfg, written)
    assert f'made for {epochs} epochs' in sentence and f'the {2 * epochs} of' in sentence
    scheduler = cfg.param_scheduler if index is None else cfg.param_scheduler[index]
    assert {key: scheduler[key] for key in expected} == expected
    if index:
        assert cfg.param_scheduler[0] == written.param_scheduler[0]
    assert stretch_schedule(cfg, written) == ''  # now it fits


def test_what_is_left_as_it_is():
    """A shorter training, milestones set by options, and a config without a schedule stay."""
    for scheduler, before, after in (
        (dict(type='CosineAnnealingLR', T_max=8, begin=None), 8, 4),
        (dict(type='MultiStepLR', milestones=[4]), 8, 8),
        (dict(type='CosineAnnealingLR'), 8, 16),
        (dict(type='LinearLR', by_epoch=False, end=50), 8, 16),
        (dict(type='LinearLR', end=1), 8, 16),  # warm-ups, after which the rate stays
        (dict(type='mmengine.ConstantLR', factor=0.1, end=1), 8, 8),
        ([dict(type='LinearLR', end=1), dict(type='PolyLR', by_epoch=False, end=9)], 8, 8),
        (None, 8, 16),
    ):
        written = Config(dict(train_cfg=dict(max_epochs=before), param_scheduler=scheduler))
        cfg = Config(dict(train_cfg=dict(max_epochs=after), param_scheduler=scheduler))
        assert stretch_schedule(cfg, written) == '' and cfg.param_scheduler == scheduler
    cfg = Config(
        dict(train_cfg=dict(max_epochs=16), param_scheduler=dict(type='StepLR', step_size=5))
    )
    written = Config(
        dict(train_cfg=dict(max_epochs=8), param_scheduler=dict(type='StepLR', step_size=4))
    )
    assert stretch_schedule(cfg, written) == ''


def test_a_linear_decay_is_stretched():
    decay = dict(type='LinearLR', start_factor=1.0, end_factor=0.01, end=8)
    written = Config(dict(train_cfg=dict(max_epochs=8), param_scheduler=decay))
    cfg = Config(dict(train_cfg=dict(max_epochs=16), param_scheduler=decay))
    assert stretch_schedule(cfg, written) and cfg.param_scheduler.end == 16


def learning_rates(work_dir):
    """The learning rates by iteration since the latest start."""
    log = max(work_dir.glob('*/vis_data/scalars.json')).read_text().splitlines()
    return {row['iter']: row['lr'] for row in map(json.loads, log) if 'lr' in row}


@pytest.mark.parametrize('by_epoch', [True, False])
def test_resumed_with_a_higher_end_the_schedule_is_that_of_the_whole(
    classifier_config, tool, tmp_path, capsys, by_epoch, monkeypatch
):
    """After 3 of 3 epochs, a resume to 5 has the rates of an uninterrupted training of 5."""
    monkeypatch.setattr('time.sleep', lambda seconds: None)  # mmengine waits 2 s at each new pass
    unit, scale = ('epochs', 1) if by_epoch else ('iters', 2)
    loop = 'by_epoch=True, max_epochs=3, val_interval=5'
    if not by_epoch:
        loop = '_delete_=True, by_epoch=False, max_iters=6, val_interval=10'
    config = tmp_path / 'scheduled.py'
    convert = ', convert_to_iter_based=True' if by_epoch else ''
    schedule = COSINE.format(end=3 * scale, by_epoch=by_epoch, convert=convert)
    config.write_text(
        f'_base_ = {classifier_config!r}\ntrain_cfg = dict({loop})\nparam_scheduler = {schedule}\n'
        f'default_hooks = dict(checkpoint=dict(interval={scale}, by_epoch={by_epoch}))\n'
    )
    longer = ['--cfg-options', f'train_cfg.max_{unit}={5 * scale}']
    train = tool('train').main
    parts, whole = tmp_path / 'parts', tmp_path / 'whole'
    train([str(config), '--work-dir', str(parts)])
    capsys.readouterr()
    train([str(config), '--work-dir', str(parts), '--resume', *longer])
    assert 'is stretched to the' in capsys.readouterr().out
    train([str(config), '--work-dir', str(whole), *longer])
    resumed, straight = learning_rates(parts), learning_rates(whole)
    assert list(resumed) == [7, 8, 9, 10] and list(straight) == list(range(1, 11))
    assert resumed == pytest.approx({step: straight[step] for step in resumed})
    assert resumed[7] > 2 * resumed[10] > 0
