"""The config for one's own photographs: its bases, and what the block at its top does."""

import sys
from pathlib import Path

import pytest
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.errors import InputError

CONFIGS = Path(__file__).parents[1] / 'configs'


def based_on(name: str) -> dict[str, str]:
    return {"'./_base_/own_pretrained.py'": f"'./_base_/{name}.py'"}


SCRATCH = based_on('own_from_scratch')
OPTIONS = {'patience = 0': 'patience = 1', 'tensorboard = False': 'tensorboard = True'}


@pytest.fixture
def own(tmp_path):
    """Write a copy of the config with changes, next to links to its bases."""

    def write(**changes) -> Path:
        text = (CONFIGS / 'faster_rcnn_ic_r18_own.py').read_text()
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        if not (tmp_path / '_base_').exists():
            (tmp_path / '_base_').symlink_to(CONFIGS / '_base_')
        (tmp_path / 'mine.py').write_text(text)
        return tmp_path / 'mine.py'

    return write


def test_from_scratch(own):
    cfg = Config.fromfile(own(**SCRATCH))
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg.model)
    assert 'init_cfg' not in cfg.model.backbone and 'alpha' not in cfg.model.backbone
    assert model.backbone.out_channels == tuple(model.neck.in_channels)
    assert model.roi_head.bbox_head.num_classes == len(cfg.classes)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_from_pretrained_weights(own):
    cfg = Config.fromfile(own())
    assert cfg.model.backbone.init_cfg.checkpoint == 'torchvision://resnet18'
    assert (cfg.model.backbone.alpha, cfg.model.backbone.alpha_mode) == (0.0, 'learned')


@pytest.mark.parametrize('start', ['pretrained', 'from_scratch'])
def test_plain_bases_differ_in_the_backbone_alone(own, start):
    ic = Config.fromfile(own(**based_on(f'own_{start}')))
    plain = Config.fromfile(own(**based_on(f'own_plain_{start}')))
    assert plain.train_dataloader == ic.train_dataloader
    assert plain.optim_wrapper.optimizer == ic.optim_wrapper.optimizer
    with DefaultScope.overwrite_default_scope('mmdet'):
        models = [MODELS.build(cfg.model) for cfg in (ic, plain)]
    ic, plain = (
        {name: value.shape for name, value in model.state_dict().items()} for model in models
    )
    assert plain.items() < ic.items()
    assert {name.rpartition('.')[2] for name in ic.keys() - plain.keys()} <= {'w_prime', 'alpha'}


@pytest.mark.parametrize(
    ('base', 'batch_size', 'rate'),
    [
        ({}, 4, 0.005),
        ({}, 16, 0.02),  # grows with the batch
        (SCRATCH, 2, 5e-4),
        (SCRATCH, 8, 1e-3),  # AdamW: grows with the square root
    ],
)
def test_the_learning_rate_follows_the_batch_size(own, base, batch_size, rate):
    cfg = Config.fromfile(own(**base, **{'batch_size = 2': f'batch_size = {batch_size}'}))
    assert cfg.optim_wrapper.optimizer.lr == pytest.approx(rate)
    assert cfg.train_dataloader.batch_size == cfg.auto_scale_lr.base_batch_size == batch_size


def test_nothing_optional_is_on(own):
    cfg = Config.fromfile(own())
    assert 'custom_hooks' not in cfg and 'Tensorboard' not in str(cfg.visualizer)
    assert not cfg.train_dataloader.persistent_workers


@pytest.fixture
def tiny(own, tmp_path):
    """Four small images for eight epochs, with early stopping and TensorBoard."""
    make_sample_voc(tmp_path / 'voc', train=4, val=1, size=(96, 72))
    changes = {
        "'data/sample_voc'": repr(str(tmp_path / 'voc')),
        '(320, 240)': '(96, 72)',
        'max_epochs = 14': 'max_epochs = 8',
    }
    return own(**SCRATCH, **OPTIONS, **changes)


def test_early_stopping_and_tensorboard(tiny, tool, tmp_path):
    """The training stops after its second epoch, whose mAP is no better than that of the first."""
    tool('train').main([str(tiny), '--work-dir', str(tmp_path / 'work'), '--seed', '0'])
    last = (tmp_path / 'work/last_checkpoint').read_text()
    assert Path(last).name == 'epoch_2.pth'
    assert list((tmp_path / 'work').rglob('events.out.tfevents.*'))


def test_without_tensorboard(tiny, tool, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'torch.utils.tensorboard', None)
    monkeypatch.setitem(sys.modules, 'tensorboardX', None)
    with pytest.raises(InputError, match='mine.py: a package is missing, .*tensorboard.*; install'):
        tool('train').main([str(tiny), '--work-dir', str(tmp_path / 'work')])
