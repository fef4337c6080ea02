"""A trained plain network and the config of its WLD student, at a few channels."""

import copy

import cv2
import numpy as np
import pytest
import torch
from helpers import randomise_norms
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.visualization import Visualizer
from mmpretrain.registry import MODELS

NARROW = dict(depth=18, stem_channels=8, base_channels=8)
PREPROCESSOR = dict(num_classes=3, mean=[120.0] * 3, std=[60.0] * 3, to_rgb=True)
TEACHER = dict(
    type='mmpretrain.ImageClassifier',
    backbone=dict(type='mmpretrain.ResNet', **NARROW),
    neck=dict(type='mmpretrain.GlobalAveragePooling'),
    head=dict(type='mmpretrain.LinearClsHead', num_classes=3, in_channels=64, topk=(1,)),
)


@pytest.fixture(scope='session')
def teacher_checkpoint(tmp_path_factory):
    """Weights and running statistics as a training leaves them, in mmengine's layout."""
    torch.manual_seed(0)
    net = MODELS.build({**copy.deepcopy(TEACHER), 'data_preprocessor': dict(PREPROCESSOR)})
    net.init_weights()
    randomise_norms(net)
    cfg = Config(dict(model=TEACHER, data_preprocessor=PREPROCESSOR))
    path = tmp_path_factory.mktemp('teacher') / 'teacher.pth'
    torch.save(dict(state_dict=net.state_dict(), meta=dict(cfg=cfg.pretty_text)), path)
    return path


@pytest.fixture
def teacher():
    return copy.deepcopy(TEACHER)


@pytest.fixture
def student_config(teacher_checkpoint):
    return dict(
        copy.deepcopy(TEACHER),
        type='ic_backbones.WLDClassifier',
        backbone=dict(type='ic_backbones.ICResNet', alpha=0.0, alpha_mode='learned', **NARROW),
        data_preprocessor=dict(PREPROCESSOR),
        teacher_checkpoint=str(teacher_checkpoint),
    )


@pytest.fixture(scope='session')
def images(tmp_path_factory):
    """Four noisy images of each of three classes."""
    root = tmp_path_factory.mktemp('images')
    rng = np.random.default_rng(0)
    for name in ('ant', 'bee', 'cow'):
        (root / name).mkdir()
        for index in range(4):
            image = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            cv2.imwrite(str(root / name / f'{index}.png'), image)
    return str(root)


@pytest.fixture
def make_runner(student_config, images, tmp_path):
    """A runner over ``images``: three iterations an epoch, random crops and flips."""

    def make(work_dir='run', epochs=2, model=student_config, hooks=(), **settings):
        Visualizer._instance_dict.clear()
        loader = dict(
            batch_size=4,
            num_workers=0,
            collate_fn=dict(type='default_collate'),
            sampler=dict(type='DefaultSampler', shuffle=True),
            dataset=dict(
                type='mmpretrain.CustomDataset',
                data_root=images,
                pipeline=[
                    dict(type='LoadImageFromFile'),
                    dict(type='mmpretrain.RandomCrop', crop_size=32),
                    dict(type='mmpretrain.RandomFlip', prob=0.5),
                    dict(type='mmpretrain.PackInputs'),
                ],
            ),
        )
        defaults = dict(
            model=model,
            work_dir=str(tmp_path / work_dir),
            train_dataloader=loader,
            train_cfg=dict(by_epoch=True, max_epochs=epochs, val_interval=1),
            val_dataloader=loader,
            val_cfg=dict(),
            val_evaluator=dict(type='mmpretrain.Accuracy'),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9)),
            custom_hooks=list(hooks),
            default_scope='mmpretrain',
            experiment_name=f'{tmp_path.name}_{work_dir}_{epochs}_{len(settings)}',
            log_level='WARNING',
            randomness=dict(seed=0),
        )
        return Runner.from_cfg(Config(copy.deepcopy({**defaults, **settings})))

    return make
