"""The hooks that guard every run: which configs get them, keep them or decline them."""

from pathlib import Path

import pytest
from mmengine.config import Config

from ic_backbones.runs.guards import default_hooks
from ic_backbones.runs.options import load_config
from ic_backbones_tools.train import main as train

CONFIGS = Path(__file__).parents[2] / 'configs'


def test_a_guard_that_the_config_has_keeps_its_settings(classifier_config, tmp_path):
    own = "[dict(type='EMAHook'), dict(type='StopOnNonFiniteLossHook', max_files=1)]"
    config = tmp_path / 'with_hooks.py'
    config.write_text(f'_base_ = {classifier_config!r}\ncustom_hooks = {own}\n')
    args = train.parse([str(config), '--work-dir', str(tmp_path)])
    cfg = load_config(args)
    assert [hook['type'] for hook in cfg.custom_hooks] == ['EMAHook', 'StopOnNonFiniteLossHook']
    assert 'stop_on_non_finite_loss' not in cfg.default_hooks
    assert 'check_checkpoint' in cfg.default_hooks and 'logger' in cfg.default_hooks


@pytest.mark.parametrize(
    ('own', 'expected'),
    [
        ('dict()', dict(type='ic_backbones.SafeCheckpointHook', interval=1)),
        (
            'dict(checkpoint=dict(interval=3, by_epoch=False))',
            dict(type='ic_backbones.SafeCheckpointHook', interval=3, by_epoch=False),
        ),
        ("dict(checkpoint=dict(_delete_=True, type='Mine'))", dict(type='Mine')),
        ('dict(checkpoint=None)', None),
    ],
)
def test_the_safe_checkpoint_hook_takes_the_place_of_mmengines(
    classifier_config, tmp_path, own, expected
):
    config = tmp_path / 'with_hooks.py'
    config.write_text(f'_base_ = {classifier_config!r}\ndefault_hooks = {own}\n')
    args = train.parse([str(config), '--work-dir', str(tmp_path)])
    hook = load_config(args).default_hooks.checkpoint
    if hook is not None:
        hook.pop('_scope_', None)
    assert hook == expected


@pytest.mark.parametrize('base', ['faster_rcnn_ic_r18_sample', 'cifar10/resnet18_200e'])
def test_custom_hooks_do_not_drop_the_guards_of_our_configs(tmp_path, base):
    """mmdet's own tools/train.py keeps them too, since it reads a config as this test does."""
    config = tmp_path / 'child.py'
    config.write_text(
        f"_base_ = {str(CONFIGS / base)!r} + '.py'\ncustom_hooks = [dict(type='EMAHook')]\n"
    )
    hooks = Config.fromfile(config).default_hooks
    assert all(hooks[name].type == guard['type'] for name, guard in default_hooks.items())
    assert hooks.checkpoint.max_keep_ckpts == 1


def test_a_config_declines_a_guard_with_none(classifier_config, tmp_path):
    config = tmp_path / 'without.py'
    config.write_text(f'_base_ = {classifier_config!r}\ndefault_hooks = dict(seed_epoch=None)\n')
    args = train.parse([str(config), '--work-dir', str(tmp_path)])
    hooks = load_config(args).default_hooks
    assert hooks.keys() >= default_hooks.keys() - {'seed_epoch'} and 'seed_epoch' not in hooks
