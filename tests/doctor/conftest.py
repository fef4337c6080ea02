from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

BOX = (2, 2, 20, 20)


@pytest.fixture
def healthy(write_voc) -> Path:
    """One image to train on and one to measure on, of different greys."""
    root = write_voc(
        {
            'a.jpg': [('cat', BOX), ('dog', BOX[:3] + (30,))],
            'b.png': [('cat', BOX), ('dog', (0, 0, 40, 30))],
        },
        {'train': 'a', 'val': 'b'},
    )
    cv2.imwrite(str(root / 'JPEGImages/b.png'), np.full((30, 40, 3), 10, np.uint8))
    return root


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
