"""What options and flags of the command line make of a config."""

import pytest
from mmengine.config import Config
from mmengine.dataset import BaseDataset

from ic_backbones.errors import InputError
from ic_backbones.runs import settings
from ic_backbones.runs.options import load_config
from ic_backbones_tools.train import main as train


def test_options_reach_the_config(classifier_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    args = train.parse(
        [classifier_config, '--cfg-options', 'model.head.topk=(1,2)', 'randomness.seed=3']
    )
    cfg = load_config(args, 'model')
    assert cfg.model.head.topk == (1, 2) and cfg.randomness.seed == 3
    assert cfg.work_dir == './work_dirs/tiny_classifier' and cfg.launcher == 'none'
    cfg.auto_scale_lr = dict(base_batch_size=256)
    settings.use_auto_scale_lr(cfg)
    assert cfg.auto_scale_lr == dict(base_batch_size=256, enable=True)


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('my photos', 'my photos'),
        ('my  old (2) photos', 'my  old (2) photos'),
        ('[red car,big dog]', ['red car', 'big dog']),
        ('[ red car, big dog ]', ['red car', 'big dog']),
        ('[ 1, 2 ]', [1, 2]),
        ('( 0.5, [a b] )', (0.5, ['a b'])),
        (' 3', 3),
    ],
)
def test_blanks_within_a_value_are_kept(classifier_config, tmp_path, text, value):
    argv = [
        classifier_config,
        '--work-dir',
        str(tmp_path),
        '--cfg-options',
        f'model.head.note={text}',
    ]
    assert load_config(train.parse(argv)).model.head.note == value


def test_amp_is_mmdets(classifier_config, tmp_path, monkeypatch):
    args = train.parse([classifier_config, '--work-dir', str(tmp_path)])
    cfg = load_config(args)
    monkeypatch.setattr(settings, 'get_device', lambda: 'cuda')
    settings.use_amp(cfg)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.optim_wrapper.loss_scale == 'dynamic'


def test_a_schedule_with_a_peak_of_its_own_is_not_scaled():
    scheduler = dict(type='OneCycleLR', eta_max=0.1)
    for schedulers in (scheduler, (dict(type='LinearLR'), scheduler)):
        cfg = Config(dict(auto_scale_lr=dict(base_batch_size=128), param_scheduler=schedulers))
        with pytest.raises(InputError, match='--auto-scale-lr: eta_max of OneCycleLR sets the le'):
            settings.use_auto_scale_lr(cfg)
        assert 'enable' not in cfg.auto_scale_lr
    cfg.param_scheduler = dict(type='OneCycleParamScheduler', param_name='momentum', eta_max=0.9)
    settings.use_auto_scale_lr(cfg)
    assert cfg.auto_scale_lr.enable


def test_augmentation_reaches_all_data_sets():
    steps = [dict(type='LoadImageFromFile'), dict(type='PackDetInputs', meta_keys=('img_id',))]
    inner = [dict(type='VOCDataset', pipeline=steps) for _ in range(3)]
    nested = dict(type='RepeatDataset', dataset=dict(type='ConcatDataset', datasets=inner[1:]))
    both = dict(type='ConcatDataset', datasets=[inner[0], nested])
    cfg = Config(dict(default_scope='mmdet', model={}, test_dataloader=dict(dataset=both)))
    settings.use_tta(cfg)
    found = cfg.test_dataloader.dataset.datasets
    for dataset in (found[0], *found[1].dataset.datasets):
        assert [step['type'] for step in dataset.pipeline] == ['LoadImageFromFile', 'TestTimeAug']


def test_a_hook_without_a_type_draws_nothing():
    cfg = Config(dict(default_hooks=dict(visualization=dict(draw=True))))
    with pytest.raises(InputError, match='has no default_hooks.visualization'):
        settings.use_pictures(cfg, False, 'pictures', 0, False)


def test_pictures_do_not_replace_the_images(tmp_path):
    (tmp_path / 'link').symlink_to(tmp_path / 'images', target_is_directory=True)
    infos = [{}, dict(img_path=str(tmp_path / 'images/a.jpg'))]
    dataset = BaseDataset(lazy_init=True, serialize_data=False)
    dataset.data_list, dataset._fully_initialized = infos, True
    settings.spare_images(dataset, str(tmp_path))
    for folder in ('images', 'link'):
        with pytest.raises(InputError, match=f'--show-dir .*{folder}: holds images of the data'):
            settings.spare_images(dataset, str(tmp_path / folder))
