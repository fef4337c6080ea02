"""What options and flags of the command line make of a config."""

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


def test_amp_is_mmdets(classifier_config, tmp_path, monkeypatch):
    args = train.parse([classifier_config, '--work-dir', str(tmp_path)])
    cfg = load_config(args)
    monkeypatch.setattr(settings, 'get_device', lambda: 'cuda')
    settings.use_amp(cfg)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.optim_wrapper.loss_scale == 'dynamic'
