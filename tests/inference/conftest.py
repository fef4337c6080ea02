"""Checkpoints of a detector and a classifier that nobody has trained, and an image."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from untrained import checkpoint

from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.inference.predictor import Predictor


@pytest.fixture(scope='session')
def detector(detector_config, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp('detector') / 'best_epoch_2.pth'
    return checkpoint(detector_config, file, CLASSES, spread=0.5)


@pytest.fixture(scope='session')
def predictor(detector) -> Predictor:
    return Predictor(detector, device='cpu')


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
