import logging
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import count
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.config import utils as config_utils
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmengine.utils import ManagerMixin
from tiny_runs import CLASSIFIER, DETECTOR

from ic_backbones.datasets import image_cache
from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for benchmarks/

OBJECT = (
    '<object><name>{}</name><difficult>{}</difficult><bndbox><xmin>{}</xmin><ymin>{}</ymin>'
    '<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>'
)


@pytest.fixture(autouse=True)
def nothing_of_other_runs():
    """A Runner leaves its scope, logger and visualizer behind, which the next one may use.

    They are cleared after a test, too, for a module's fixtures come before those of its first
    test.
    """
    _clear(ManagerMixin)
    yield
    _clear(ManagerMixin)


@pytest.fixture
def log(caplog):
    """What mmengine's current logger says, which pytest does not catch of itself."""
    logger = MMLogger.get_instance('test')
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.INFO)
    yield caplog
    logger.removeHandler(caplog.handler)


def _clear(manager: type) -> None:
    """Each class keeps its own instances."""
    for each in manager.__subclasses__():
        each._instance_dict.clear()
        _clear(each)


@pytest.fixture(autouse=True, scope='session')
def a_name_for_each_run():
    """mmengine names a run, its log and its folder by the second, and tests start several in one.

    Those of one name would write to the log of the first.
    """
    setup_env, number = Runner.setup_env, count()

    def setup(runner: Runner, env_cfg: dict) -> None:
        setup_env(runner, env_cfg)
        runner._timestamp += f'_{next(number):04}'

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runner, 'setup_env', setup)
        yield


@pytest.fixture(autouse=True, scope='session')
def no_proxy():
    """The servers of tests are on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('no_proxy', '*')
        yield


@pytest.fixture(autouse=True, scope='session')
def own_cache(tmp_path_factory):
    """No test reads or writes the user's cache of image sizes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_cache, 'CACHE', tmp_path_factory.mktemp('cache') / 'images.sqlite')
        yield


@pytest.fixture
def write_voc(tmp_path) -> Callable[..., Path]:
    """Write a VOC folder: each image's file name, and its objects (name, box[, difficult])."""

    def write(images: dict[str, list[tuple]], splits: dict[str, str], size=(40, 30)) -> Path:
        for folder in ('JPEGImages', 'Annotations', 'ImageSets/Main'):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for file, objects in images.items():
            cv2.imwrite(
                str(tmp_path / 'JPEGImages' / file), np.full((*size[::-1], 3), 90, np.uint8)
            )
            nodes = [
                OBJECT.format(name, *difficult or [0], *box) for name, box, *difficult in objects
            ]
            (tmp_path / 'Annotations' / Path(file).with_suffix('.xml')).write_text(
                f'<annotation><size><width>{size[0]}</width><height>{size[1]}</height></size>'
                f'{"".join(nodes)}</annotation>'
            )
        for name, ids in splits.items():
            (tmp_path / f'ImageSets/Main/{name}.txt').write_text('\n'.join(ids.split()) + '\n')
        return tmp_path

    return write


@pytest.fixture
def voc_config() -> Callable[..., Config]:
    """Write the config of a data set; further arguments go to the training data set."""

    def make(root, kind='ic_backbones.VOCStyleDataset', num_classes=2, **train) -> Config:
        def loader(split, **options):
            return {
                'dataset': {
                    'type': kind,
                    'data_root': str(root),
                    'data_prefix': {'sub_data_root': ''},
                    'ann_file': f'ImageSets/Main/{split}.txt',
                    'metainfo': {'classes': ('cat', 'dog')},
                    **options,
                }
            }

        return Config(
            {
                'model': {'roi_head': {'bbox_head': {'num_classes': num_classes}}},
                'train_dataloader': loader('train', **train),
                'val_dataloader': loader('val', test_mode=True),
                'test_dataloader': loader('val', test_mode=True),
            }
        )

    return make


@pytest.fixture(scope='session')
def detector_config(tmp_path_factory) -> str:
    """Faster R-CNN with a narrow IC-ResNet-18: 4 iterations an epoch, 2 epochs."""
    folder = tmp_path_factory.mktemp('detector')
    make_sample_voc(folder / 'data', train=8, val=2, seed=0)
    config = folder / 'tiny_detector.py'
    config.write_text(DETECTOR.format(root=str(folder / 'data'), classes=CLASSES))
    return str(config)


@pytest.fixture(scope='session')
def classifier_config(tmp_path_factory) -> str:
    """A narrow IC-ResNet-18 on two classes of four noisy images: 2 iterations, 1 epoch."""
    folder = tmp_path_factory.mktemp('classifier')
    rng = np.random.default_rng(0)
    for name in ('cat', 'dog'):
        (folder / 'data' / name).mkdir(parents=True)
        for index in range(4):
            image = rng.integers(0, 256, (32, 40, 3), dtype=np.uint8)
            cv2.imwrite(str(folder / 'data' / name / f'{name}_{index}.png'), image)
    config = folder / 'tiny_classifier.py'
    config.write_text(CLASSIFIER.format(root=str(folder / 'data')))
    return str(config)


@pytest.fixture(scope='session')
def tool():
    """Load a command line of tools/ by its name."""

    def load(name: str) -> ModuleType:
        return import_module(f'ic_backbones_tools.{name}')

    return load


@pytest.fixture(autouse=True, scope='session')
def indices_read_once():
    """For each base, mmengine would read all index files of mmpretrain or mmdet in 0.1 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config_utils, 'load', cache(config_utils.load))
        yield
