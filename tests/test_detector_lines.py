"""The lines that tools/export_backbone.py prints, below mmdet's Faster R-CNN."""

import pytest
import torch
from mmdet.registry import MODELS as DETECTORS
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS as CLASSIFIERS
from tiny_backbones import config as tiny

from ic_backbones.detector_lines import detector_lines
from ic_backbones.registry import MODELS
from ic_backbones.weights.checkpoint import Checkpoint
from ic_backbones.weights.export import export_backbone

EFFICIENTNET = dict(
    type='ic_backbones.ICBackbone',
    backbone=dict(type='EfficientNet', arch='b0'),
    pairs=dict(depthwise=r'.*\.depthwise_conv\.conv', pointwise=r'.*\.linear_conv\.conv'),
)


@pytest.mark.parametrize(
    ('backbone', 'channels', 'note'),
    [
        (tiny('ICResNet', alpha_mode='learned'), [8, 16, 32, 64], ''),
        (tiny('SfNet'), [128, 256, 512, 512], ''),
        (tiny('SINet'), [16, 32, 40, 80], ''),
        (tiny('SIBackbone'), [8, 16, 32, 64], ''),
        (tiny('ICResNet_CIFAR'), [8, 16, 32, 64], 'strides of 1, 2, 4, 8: '),
        (tiny('ResNeXt_CIFAR'), [256, 512, 1024], 'strides of 1, 2, 4: '),
        (EFFICIENTNET, [24, 40, 112, 1280], ''),
    ],
    ids=lambda value: value['type'] if isinstance(value, dict) else None,
)
def test_lines_below_mmdets_faster_rcnn(tmp_path, backbone, channels, note):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        net = MODELS.build(backbone)
    cfg = Config(dict(model=dict(backbone=backbone))).pretty_text
    state = {f'backbone.{name}': value for name, value in net.state_dict().items()}
    checkpoint = Checkpoint.of(dict(meta=dict(cfg=cfg), state_dict=state), 'epoch_1.pth')
    _, file = export_backbone(checkpoint, tmp_path / 'net')
    lines = detector_lines(checkpoint, file)
    assert note in lines and ('#' in lines) == bool(note)
    base = 'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py'
    (tmp_path / 'detector.py').write_text(f'_base_ = {base!r}\n{lines}\n')
    config = Config.fromfile(tmp_path / 'detector.py')
    assert config.model.neck.in_channels == channels
    with DefaultScope.overwrite_default_scope('mmdet'):
        detector = DETECTORS.build(config.model)
    detector.backbone.init_weights()
    assert all(
        torch.equal(detector.backbone.state_dict()[k], v) for k, v in net.state_dict().items()
    )
    assert len(detector.extract_feat(torch.zeros(1, 3, 64, 64))) == 5
    learns = any(name.endswith('.alpha') for name, _ in net.named_parameters())
    keys = config.optim_wrapper.get('paramwise_cfg', {}).get('custom_keys', {})
    assert keys == ({'.alpha': dict(decay_mult=0.0)} if learns else {})


def test_lines_of_a_backbone_without_maps():
    for backbone in (dict(type='AlexNet', num_classes=2), dict(type='ResNet', depth=19)):
        meta = dict(cfg=Config(dict(model=dict(backbone=backbone))).pretty_text)
        lines = detector_lines(Checkpoint('a.pth', dict(meta=meta), {}), 'a.pth')
        assert lines.startswith('# Its maps are not known: give it out_indices')
        assert '_delete_=True' in lines and 'neck=' not in lines


def test_plain_backbone_without_its_config():
    lines = detector_lines(Checkpoint('a.pth', {}, {}), 'a.pth')
    assert "init_cfg=dict(checkpoint='a.pth', type='Pretrained')" in lines
    meta = dict(cfg="model = dict(backbone=dict(type='ResNet', depth=18))")
    loaded = Checkpoint('a.pth', dict(meta=meta), {})
    assert "type='mmpretrain.ResNet'" in detector_lines(loaded, 'a.pth')


@pytest.mark.parametrize(
    'adapted',
    [
        dict(type='ic_backbones.SIBackbone', convs=r'layer1.*conv1'),
        dict(type='ic_backbones.ICBackbone', convs=dict(kernel_size=3), alpha_mode='learned'),
    ],
)
def test_lines_of_an_adapted_backbone_build_and_load(tmp_path, adapted):
    narrow = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8)
    inner = dict(narrow, type='mmpretrain.ResNet')
    net = CLASSIFIERS.build(dict(adapted, backbone=inner))
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter)
    cfg = Config(dict(model=dict(backbone=dict(adapted, backbone=narrow)))).pretty_text
    state = {f'backbone.{name}': value for name, value in net.state_dict().items()}
    checkpoint = Checkpoint.of(dict(meta=dict(cfg=cfg), state_dict=state), 'epoch_1.pth')
    _, file = export_backbone(checkpoint, tmp_path / 'net')
    lines = detector_lines(checkpoint, file)
    config = Config.fromstring(lines, '.py').model.backbone
    config.pop('_delete_')  # which a base config takes
    again = DETECTORS.build(config)
    again.init_weights()
    assert all(torch.equal(again.state_dict()[k], v) for k, v in net.state_dict().items())
