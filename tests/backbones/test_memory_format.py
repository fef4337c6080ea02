"""A head that calls ``view``, such as CenterNet's, after networks that work in channels_last."""

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope

from ic_backbones.ops.memory_format import in_format_of
from ic_backbones.registry import MODELS

NETWORKS = {
    'SfNet': (dict(type='ic_backbones.SfNet', depth=11, base_channels=4), 32),
    'ICResNet': (
        dict(type='ic_backbones.ICResNet', depth=18, base_channels=4, stem_channels=4, deploy=True),
        32,
    ),
    'SCResNet': (
        dict(type='ic_backbones.SCResNet', depth=18, stem_channels=4, base_channels=4),
        32,
    ),
    'SINet': (dict(type='ic_backbones.SINet', width=0.4, units=(1,) * 5, deploy=True), 80),
}


def centernet(backbone, channels):
    return ConfigDict(
        type='CenterNet',
        backbone=backbone,
        neck=dict(type='ChannelMapper', in_channels=[channels], out_channels=8, kernel_size=1),
        bbox_head=dict(type='CenterNetHead', num_classes=2, in_channels=8, feat_channels=8),
        test_cfg=dict(topk=5, local_maximum_kernel=3, max_per_img=5),
    )


@pytest.mark.parametrize('name', NETWORKS)
def test_mmdets_centernet(name):
    with DefaultScope.overwrite_default_scope('mmdet'):
        detector = MODELS.build(centernet(*NETWORKS[name])).eval()
    shape = dict(img_shape=(64, 64), batch_input_shape=(64, 64), border=(0, 64, 0, 64))
    sample = DetDataSample(metainfo=dict(shape, scale_factor=(1.0, 1.0)))
    with torch.no_grad():
        (result,) = detector.predict(torch.randn(1, 3, 64, 64), [sample])
    assert len(result.pred_instances) == 5


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_only_what_differs_is_copied(memory_format):
    image = torch.randn(1, 3, 4, 4).contiguous(memory_format=memory_format)
    right = torch.randn(2, 5, 4, 4).contiguous(memory_format=memory_format)
    wrong = right.transpose(2, 3)
    found = in_format_of(image, [right, wrong])
    assert found[0] is right
    assert torch.equal(found[1], wrong) and found[1].stride() == right.stride()


def test_an_image_with_one_channel_is_contiguous():
    image = torch.randn(1, 1, 4, 4).contiguous(memory_format=torch.channels_last)
    wrong = torch.randn(2, 5, 4, 4).contiguous(memory_format=torch.channels_last)
    assert in_format_of(image, [wrong])[0].is_contiguous()
