"""Every classification config is built, reads its data, and does a training and a test step."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from helpers import CONFIGS, dicts_in, shipped_configs
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmpretrain.datasets.categories import CIFAR10_CATEGORIES, CIFAR100_CATEGORIES
from mmpretrain.registry import DATASETS, MODELS

from ic_backbones.runs.settings import use_tta

CLASSIFIERS = [
    str(path.relative_to(CONFIGS))
    for path in shipped_configs('*/*.py')
    if path.parent.name != '_base_'
]
CLASSES = dict(cifar10=CIFAR10_CATEGORIES, cifar100=CIFAR100_CATEGORIES)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """Images of noise in the layout of each data set, one per class."""
    root = tmp_path_factory.mktemp('data')
    rng = np.random.default_rng(0)
    for name, classes in CLASSES.items():
        for split in ('train', 'test'):
            for label in classes:
                folder = root / name / split / label
                folder.mkdir(parents=True)
                image = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                cv2.imwrite(str(folder / '0.png'), image)
    for split in ('train', 'val'):  # lists of files, since folders would need all 1,000 classes
        (root / 'imagenet' / split / 'n01440764').mkdir(parents=True)
        (root / 'imagenet' / 'meta').mkdir(exist_ok=True)
        names = [f'n01440764/{index}.JPEG' for index in range(2)]
        (root / f'imagenet/meta/{split}.txt').write_text(''.join(f'{n} 7\n' for n in names))
        for name in names:
            image = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
            cv2.imwrite(str(root / 'imagenet' / split / name), image)
    for number in range(1, 257):
        folder = root / '256_ObjectCategories' / f'{number:03}.thing'
        folder.mkdir(parents=True)
        for index in range(2):  # links to one file, since writing 512 images takes long
            (folder / f'{index}.jpg').hardlink_to(root / 'imagenet/val/n01440764/0.JPEG')
    for split in ('train', 'val'):
        for label in ('disc', 'square', 'star', 'triangle'):
            folder = root / 'sample_crops' / split / label
            folder.mkdir(parents=True)
            cv2.imwrite(str(folder / '0.jpg'), rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    return root


def use_untrained_teacher(cfg, file):
    """Give the config a teacher's checkpoint with random weights and, if needed, its config."""
    plain = Config(dict(model=cfg.model.get('teacher') or plain_twin(cfg.model)))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        state = MODELS.build(plain.model).state_dict()
    torch.save(dict(state_dict=state, meta=dict(cfg=plain.dump())), file)
    cfg.model.teacher_checkpoint = str(file)


def plain_twin(model):
    """The plain network from which the WLD config of an IC-ResNet starts."""
    backbone = {k: v for k, v in model.backbone.items() if not k.startswith('alpha')}
    plain = backbone['type'].replace('ic_backbones.IC', '')
    parts = {key: model[key] for key in ('neck', 'head')}
    return dict(type='ImageClassifier', backbone=dict(backbone, type=plain), **parts)


def scaled(channels, factor):
    """Scale the channels of one map or of several."""
    if isinstance(channels, int):
        return int(channels * factor)
    return [int(each * factor) for each in channels]


def load(name, data):
    """Read a config and shrink it: tiny data, narrow ResNets, 56 pixels instead of 224."""
    cfg = Config.fromfile(CONFIGS / name)
    for model in (cfg.model, cfg.model.get('teacher')):
        if model and 'ResNet' in model.backbone.type:
            width = model.backbone.get('base_channels', 64)
            model.backbone.update(stem_channels=8, base_channels=8)
            model.head.in_channels = scaled(model.head.in_channels, 8 / width)
        if model and model.head.type.endswith('FlattenedLinearClsHead'):
            model.head.update(in_channels=512, mid_channels=[16, 16])  # one pixel per map is left
    if 'teacher_checkpoint' in cfg.model:
        use_untrained_teacher(cfg, data / 'teacher.pth')

    # AlexNet's linear layers need 224 pixels.
    smaller = not name.startswith('cifar') and cfg.model.backbone.type != 'AlexNet'

    parts = [value for key, value in cfg.items() if key.endswith(('_dataloader', '_pipeline'))]
    for node in dicts_in(parts):
        if isinstance(node.get('data_root'), str):
            node['data_root'] = str(data / Path(node['data_root']).name)
            # Serialising collects garbage, which takes longer than anything else.
            node['serialize_data'] = False
        if node.get('type') == 'ic_backbones.Caltech256':
            node.update(train=1, test=1)
        if smaller:
            for key in {'scale', 'crop_size'} & node.keys():
                node[key] //= 4
    return cfg


@pytest.mark.parametrize('name', CLASSIFIERS)
def test_config(name, data):
    cfg = load(name, data)
    torch.manual_seed(0)
    batches = {}
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        for split in ('train', 'val', 'test'):
            dataset = DATASETS.build(cfg[f'{split}_dataloader'].dataset)
            batches[split] = pseudo_collate([dataset[0], dataset[1]])
        model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.data_preprocessor))
        model.init_weights()
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        evaluator = Evaluator(cfg.test_evaluator)
    found, expected = (
        getattr(model.backbone, 'out_channels', None),
        getattr(model.head, 'in_channels', None),
    )
    if isinstance(found, tuple) and expected is not None:
        assert (found[-1] if isinstance(expected, int) else found) == expected
    if cfg.model.head.get('cal_acc'):
        (accuracy,) = cfg.log_processor.custom_cfg
        assert (accuracy.data_src, accuracy.window_size) == ('accuracy_top-1', 'epoch')

    model.train()
    losses = model.train_step(batches['train'], optim_wrapper)
    assert all(value.isfinite() for value in losses.values()), losses
    assert all(p.isfinite().all() for p in model.parameters())

    model.eval()
    with torch.no_grad():
        evaluator.process(model.test_step(batches['test']), batches['test'])
    assert 0 <= evaluator.evaluate(2)['accuracy/top1'] <= 100


def test_ten_crops_of_imagenet(data):
    """With --tta the scores are the mean over ten crops."""
    cfg = load('imagenet/ic_resnet18_120e.py', data)
    use_tta(cfg)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        dataset = DATASETS.build(cfg.test_dataloader.dataset)
        model = MODELS.build(
            dict(cfg.model, module=dict(cfg.model.module, data_preprocessor=cfg.data_preprocessor))
        ).eval()
    batch = pseudo_collate([dataset[0], dataset[1]])
    with torch.no_grad():
        result = model.test_step(batch)[1]
        crops = [dict(inputs=x, data_samples=y) for x, y in zip(*batch.values(), strict=True)]
        scores = [model.module.test_step(crop)[1].pred_score for crop in crops]
    assert len(scores) == 10 and result.gt_label.item() == 7
    torch.testing.assert_close(result.pred_score, torch.stack(scores).mean(0))


@pytest.mark.parametrize(
    ('name', 'epochs', 'batch', 'milestones'),
    [('ic_resnet50_120e', 120, 32, [30, 60, 90]), ('ic_resnet18_60e', 60, 64, [15, 30, 45])],
)
def test_ic_schedules_of_imagenet(name, epochs, batch, milestones):
    """The batch size is for the 8 GPUs that auto_scale_lr assumes."""
    cfg = Config.fromfile(CONFIGS / 'imagenet' / f'{name}.py')
    assert (cfg.train_cfg.max_epochs, cfg.train_dataloader.batch_size) == (epochs, batch)
    assert cfg.auto_scale_lr.base_batch_size == 8 * batch
    assert (cfg.param_scheduler.milestones, cfg.param_scheduler.gamma) == (milestones, 0.1)
    assert cfg.optim_wrapper.optimizer.lr == 0.1


def test_ic_v1_is_tested_on_a_random_square():
    cfg = Config.fromfile(CONFIGS / 'imagenet/ic_resnet18_60e.py')
    test, val = (
        [step.type for step in loader.dataset.pipeline]
        for loader in (cfg.test_dataloader, cfg.val_dataloader)
    )
    assert test == ['LoadImageFromFile', 'ResizeEdge', 'RandomCrop', 'PackInputs']
    assert test[:2] == val[:2] and 'CenterCrop' in val


@pytest.mark.parametrize(
    'name', ['imagenet/ic_resnet50_wld_30e.py', 'cifar10/ic_resnet34_wld_30e.py']
)
def test_wld_schedule(name):
    """30 epochs, 0.001 divided by 10 after 15, lambda from 0.9 to 0.1, alpha learned from 0 on."""
    cfg = Config.fromfile(CONFIGS / name)
    assert cfg.train_cfg.max_epochs == 30 and cfg.optim_wrapper.optimizer.lr == 0.001
    assert (cfg.param_scheduler.milestones, cfg.param_scheduler.gamma) == ([15], 0.1)
    assert dict(type='ic_backbones.WLDScheduleHook', start=0.9, end=0.1) in cfg.custom_hooks
    assert (cfg.model.backbone.alpha, cfg.model.backbone.alpha_mode) == (0.0, 'learned')


def test_sfnets_schedules():
    """One cycle of 30 epochs on CIFAR-10; on CALTECH-256 52 epochs of 32 x 4, linearly to 0."""
    cifar, caltech = (
        Config.fromfile(CONFIGS / name)
        for name in ('cifar10/sfnet16_30e.py', 'caltech256/sfnet16_52e.py')
    )
    assert (cifar.train_cfg.max_epochs, cifar.param_scheduler.type) == (30, 'OneCycleLR')
    assert [step.type for step in cifar.train_dataloader.dataset.pipeline][0] == 'RandomFlip'
    loader, dataset = caltech.train_dataloader, caltech.train_dataloader.dataset
    assert (loader.batch_size, caltech.optim_wrapper.accumulative_counts) == (32, 4)
    assert (caltech.train_cfg.max_epochs, dataset.train, dataset.test) == (52, 50, 20)
    assert (caltech.param_scheduler.type, caltech.param_scheduler.end_factor) == ('LinearLR', 0.0)
    for name in ('cifar10/{}_30e.py', 'caltech256/{}_52e.py', 'imagenet/{}_120e.py'):
        plain, composed = (Config.fromfile(CONFIGS / name.format(n)) for n in ('vgg16', 'sfnet16'))
        plain.model.backbone = composed.model.backbone
        assert plain.to_dict() == composed.to_dict()


def test_ic_schedule_of_cifar10():
    """200 epochs of batches of 128; 0.1 divided by 10 after 60 and 120 epochs; SGD."""
    cfg = Config.fromfile(CONFIGS / 'cifar10' / 'ic_resnet18_200e.py')
    assert cfg.train_cfg.max_epochs == 200 and cfg.train_dataloader.batch_size == 128
    assert cfg.auto_scale_lr.base_batch_size == 128
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr, optimizer.momentum) == ('SGD', 0.1, 0.9)
    assert optimizer.weight_decay == 1e-4
    assert cfg.param_scheduler.milestones == [60, 120] and cfg.param_scheduler.gamma == 0.1
