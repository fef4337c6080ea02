"""Every detector config is built and reads its data; one per family is also trained and tested."""

import shutil
from pathlib import Path

import pytest
import torch
from helpers import CONFIGS, dicts_in, shipped_configs
from mmdet.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

from ic_backbones.datasets.voc.sample import make_sample_voc
from ic_backbones.datasets.voc.shapes import CLASSES

DETECTORS = [path.name for path in shipped_configs('*.py')]
# One per family is trained and evaluated; the others differ only in their depth.
ONE_STEP = {
    'faster_rcnn_ic_r50_voc.py',
    'faster_rcnn_ic_r50_voc_coco_metric.py',
    'faster_rcnn_ic_r50_voc_scratch.py',
    'retinanet_ic_r50_voc.py',
    'faster_rcnn_ic_efficientnet_b0_sample.py',
    'faster_rcnn_ic_resnext50_sample.py',
    'faster_rcnn_ic_timm_sample.py',
    'faster_rcnn_sfnet_sample.py',
    'faster_rcnn_sinet_sample.py',
    'retinanet_sinet_voc.py',
    'ssdlite_sinet_voc.py',
    'faster_rcnn_sc_r50_voc.py',
    'faster_rcnn_ic_r18_sample.py',
    'faster_rcnn_ic_r18_own.py',
}
VOC_NAMES = dict(zip(CLASSES, ('dog', 'car', 'person', 'sofa'), strict=True))
ZERO_SIZE = (
    '<object><name>{}</name><difficult>0</difficult><bndbox><xmin>50</xmin><ymin>50</ymin>'
    '<xmax>50</xmax><ymax>50</ymax></bndbox></object></annotation>'
)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """The drawn data and a VOCdevkit with its shapes; each annotation has a box of zero size."""
    root = tmp_path_factory.mktemp('data')
    sample = root / 'sample_voc'
    make_sample_voc(sample, train=2, val=2)
    devkit = root / 'VOCdevkit'
    for year in ('VOC2007', 'VOC2012'):
        shutil.copytree(sample, devkit / year)
        for path in (devkit / year / 'Annotations').glob('*.xml'):
            text = path.read_text()
            for name, voc_name in VOC_NAMES.items():
                text = text.replace(f'<name>{name}<', f'<name>{voc_name}<')
            path.write_text(text.replace('</annotation>', ZERO_SIZE.format('dog')))
    for path in (sample / 'Annotations').glob('*.xml'):
        path.write_text(path.read_text().replace('</annotation>', ZERO_SIZE.format('disc')))
    return root


def load(name, data):
    """Read a config and point it to the tiny data: small images, few proposals, no download."""
    cfg = Config.fromfile(CONFIGS / name)
    if cfg.model.backbone.get('init_cfg'):
        cfg.model.backbone.init_cfg = None

    parts = 'model', 'train_dataloader', 'val_dataloader', 'test_dataloader'
    for node in dicts_in([cfg[part] for part in parts]):
        if isinstance(node.get('data_root'), str):
            node['data_root'] = str(data / Path(node['data_root']).name) + '/'
        if node.get('type') in ('Resize', 'RandomResize'):
            node['scale'] = (192, 160)
        if node.get('type') == 'RandomSampler':
            node['num'] = 32
        if {'nms_pre', 'max_per_img', 'min_bbox_size'} <= set(node):
            node['nms_pre'] = node['max_per_img'] = 50
    return cfg


def test_configs_are_there():
    assert ONE_STEP <= set(DETECTORS)


@pytest.mark.parametrize('name', DETECTORS)
def test_config(name, data):
    cfg = load(name, data)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmdet'):
        train, val = (
            DATASETS.build(cfg[f'{split}_dataloader'].dataset) for split in ('train', 'val')
        )
        model = MODELS.build(cfg.model)
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        evaluator = Evaluator(cfg.val_evaluator)
    if hasattr(model.backbone, 'out_channels'):
        assert list(model.backbone.out_channels) == list(cfg.model.neck.in_channels)

    batch = pseudo_collate([train[0], train[1]])
    assert all(sample.gt_instances.bboxes.numel() for sample in batch['data_samples'])
    if name not in ONE_STEP:
        return
    model.train()
    losses = model.train_step(batch, optim_wrapper)
    assert all(value.isfinite() for value in losses.values()), losses
    assert all(p.isfinite().all() for p in model.parameters())

    model.eval()
    evaluator.dataset_meta = val.metainfo
    for index in range(len(val)):
        sample = pseudo_collate([val[index]])
        with torch.no_grad():
            evaluator.process(model.test_step(sample), sample)
    metrics = evaluator.evaluate(len(val))
    mean = 'coco/bbox_mAP' if 'coco' in name else 'pascal_voc/mAP'
    assert 0 <= metrics[mean] <= 1


def test_sample_config_with_the_pretrained_base(tmp_path):
    """The bases of the sample config and of the one for own photographs fit both."""
    text = (CONFIGS / 'faster_rcnn_ic_r18_sample.py').read_text()
    small, full = (
        CONFIGS / '_base_' / name for name in ('faster_rcnn_small.py', 'own_pretrained.py')
    )
    assert f"'./_base_/{small.name}'" in text
    (tmp_path / 'mine.py').write_text(text.replace(f"'./_base_/{small.name}'", repr(str(full))))
    cfg = Config.fromfile(tmp_path / 'mine.py')
    assert cfg.model.backbone.init_cfg.checkpoint == 'torchvision://resnet18'
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg.model)
    assert model.backbone.out_channels == tuple(model.neck.in_channels)
    assert model.roi_head.bbox_head.num_classes == len(cfg.classes)


def test_wld_checkpoint_by_one_override():
    cfg = Config.fromfile(CONFIGS / 'faster_rcnn_ic_r50_voc.py')
    cfg.merge_from_dict(
        {
            'model.backbone.init_cfg.checkpoint': 'wld.pth',
            'model.backbone.init_cfg.prefix': 'backbone.',
        }
    )
    assert cfg.model.backbone.init_cfg == dict(
        type='Pretrained', checkpoint='wld.pth', prefix='backbone.'
    )
    assert (cfg.model.backbone.alpha, cfg.model.backbone.alpha_mode) == (0.0, 'learned')
