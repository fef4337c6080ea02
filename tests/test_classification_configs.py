"""Every classification config: built, its data read, one training and one test step."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmpretrain.datasets.categories import CIFAR10_CATEGORIES, CIFAR100_CATEGORIES
from mmpretrain.registry import DATASETS, MODELS

ROOT = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.glob('*/*.py') if path.parent.name != '_base_'
)
CLASSES = dict(cifar10=CIFAR10_CATEGORIES, cifar100=CIFAR100_CATEGORIES)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """Folders of noise in the layout of each data set, an image a class."""
    root = tmp_path_factory.mktemp('data')
    rng = np.random.default_rng(0)
    for name, classes in CLASSES.items():
        for split in ('train', 'test'):
            for label in classes:
                folder = root / name / split / label
                folder.mkdir(parents=True)
                image = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                cv2.imwrite(str(folder / '0.png'), image)
    return root


@pytest.mark.parametrize('name', CONFIGS)
def test_config(name, data):
    cfg = Config.fromfile(ROOT / name)
    torch.manual_seed(0)
    batches = {}
    for split in ('train', 'val', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        dataset.data_root = str(data / Path(dataset.data_root).name)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        for split in ('train', 'val', 'test'):
            dataset = DATASETS.build(cfg[f'{split}_dataloader'].dataset)
            batches[split] = pseudo_collate([dataset[0], dataset[1]])
        model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.data_preprocessor))
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        evaluator = Evaluator(cfg.test_evaluator)
    if hasattr(model.backbone, 'out_channels') and hasattr(model.head, 'in_channels'):
        assert model.backbone.out_channels[-1] == model.head.in_channels

    model.train()
    losses = model.train_step(batches['train'], optim_wrapper)
    assert all(value.isfinite() for value in losses.values()), losses
    assert all(p.isfinite().all() for p in model.parameters())

    model.eval()
    with torch.no_grad():
        evaluator.process(model.test_step(batches['test']), batches['test'])
    assert 0 <= evaluator.evaluate(2)['accuracy/top1'] <= 100


def test_ic_schedule_of_cifar10():
    """200 epochs of batch 128, 0.1 divided by 10 at 60 and 120, SGD 0.9, weight decay 1e-4."""
    cfg = Config.fromfile(ROOT / 'cifar10' / 'ic_resnet18_200e.py')
    assert cfg.train_cfg.max_epochs == 200 and cfg.train_dataloader.batch_size == 128
    assert cfg.auto_scale_lr.base_batch_size == 128
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr, optimizer.momentum) == ('SGD', 0.1, 0.9)
    assert optimizer.weight_decay == 1e-4
    assert cfg.param_scheduler.milestones == [60, 120] and cfg.param_scheduler.gamma == 0.1
