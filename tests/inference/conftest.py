"""Checkpoints of a detector and a classifier that nobody has trained, with their configs."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

from ic_backbones.datasets.voc.shapes import CLASSES


def checkpoint(config: str, file: Path, classes: tuple, spread: float = 0.0) -> str:
    """Write what a training with ``config`` would save; a spread gives heads distinct scores."""
    cfg = Config.fromfile(config)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    for name, parameter in model.named_parameters():
        if spread and name.endswith(('fc_cls.weight', 'retina_cls.weight', 'rpn_cls.weight')):
            torch.nn.init.normal_(parameter, std=spread)
    meta = dict(cfg=cfg.pretty_text, dataset_meta=dict(classes=classes))
    torch.save(dict(meta=meta, state_dict=model.state_dict()), file)
    return str(file)


@pytest.fixture(scope='session')
def detector(detector_config, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp('detector') / 'best_epoch_2.pth'
    return checkpoint(detector_config, file, CLASSES, spread=0.5)


@pytest.fixture(scope='session')
def classifier(classifier_config, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp('classifier') / 'best_epoch_1.pth'
    return checkpoint(classifier_config, file, ('cat', 'dog'))


@pytest.fixture(scope='session')
def photo(tmp_path_factory) -> Path:
    """An image of 80 x 60 pixels with something in it."""
    file = tmp_path_factory.mktemp('photo') / 'photo.png'
    small = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    cv2.imwrite(str(file), cv2.resize(small, (80, 60), interpolation=cv2.INTER_CUBIC))
    return file
