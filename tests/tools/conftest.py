"""A detector and a classifier that train in seconds: config files, their data beside them."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from mmengine.visualization import Visualizer

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES

TOOLS = Path(__file__).parents[2] / 'tools'

DETECTOR = """
_base_ = ['mmdet::_base_/models/faster-rcnn_r50_fpn.py', 'mmdet::_base_/default_runtime.py']

data = dict(
    type='ic_backbones.VOCStyleDataset', data_root={root!r}, metainfo=dict(classes={classes!r})
)
pack = dict(
    type='PackDetInputs',
    meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='ic_backbones.ICResNet',
        depth=18,
        stem_channels=8,
        base_channels=8,
        out_indices=(0, 1, 2, 3),
    ),
    neck=dict(in_channels=[8, 16, 32, 64], out_channels=8),
    rpn_head=dict(in_channels=8, feat_channels=8),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=8),
        bbox_head=dict(in_channels=8, fc_out_channels=16, num_classes=4),
    ),
    train_cfg=dict(
        rpn=dict(sampler=dict(num=32)),
        rpn_proposal=dict(nms_pre=50, max_per_img=20),
        rcnn=dict(sampler=dict(num=16)),
    ),
    test_cfg=dict(
        rpn=dict(nms_pre=50, max_per_img=20), rcnn=dict(score_thr=0.0, max_per_img=5)
    ),
)
load = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=(96, 80)),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **data,
        ann_file='ImageSets/Main/train.txt',
        pipeline=[*load, dict(type='RandomFlip', prob=0.5), dict(type='PackDetInputs')],
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **data, ann_file='ImageSets/Main/val.txt', test_mode=True, pipeline=[*load, pack]
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='ic_backbones.VOCStyleMetric', metric='mAP')
test_evaluator = val_evaluator
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=2, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
auto_scale_lr = dict(enable=False, base_batch_size=16)
default_hooks = dict(logger=dict(interval=1))
randomness = dict(seed=0)
"""

CLASSIFIER = """
_base_ = ['mmpretrain::_base_/models/resnet18.py', 'mmpretrain::_base_/default_runtime.py']

model = dict(
    backbone=dict(
        type='ic_backbones.ICResNet', depth=18, stem_channels=8, base_channels=8
    ),
    head=dict(num_classes=2, in_channels=64, topk=(1,)),
    data_preprocessor=dict(num_classes=2, mean=[127.5] * 3, std=[127.5] * 3, to_rgb=True),
)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CustomDataset',
        data_root={root!r},
        pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')],
    ),
)
val_dataloader = train_dataloader
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator
train_cfg = dict(by_epoch=True, max_epochs=1, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(logger=dict(interval=1))
"""


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


@pytest.fixture(autouse=True)
def fresh_visualizer():
    """mmengine's hooks draw with the process's latest visualizer, whichever config it is of."""
    Visualizer._instance_dict.clear()


@pytest.fixture(scope='session')
def tool():
    """Load a command line of tools/ by its name."""

    def load(name: str) -> ModuleType:
        spec = spec_from_file_location(f'tools_{name}', TOOLS / f'{name}.py')
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
