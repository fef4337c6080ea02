"""A model is built from a checkpoint's config only if its types are registered classes."""

import pytest

from ic_backbones.config_file import read_config
from ic_backbones.errors import InputError
from ic_backbones.weights.registered import require_registered, require_test_pipeline


def test_only_registered_classes_are_built():
    """mmengine would import and call what `type` names."""
    net = dict(
        type='ic_backbones.ICResNet', norm_cfg=dict(type='BN'), init_cfg=[dict(type='Normal')]
    )
    head = dict(type='mmpretrain.LinearClsHead', loss=dict(type='CrossEntropyLoss'))
    augments = dict(augments=[dict(type='Mixup', alpha=0.2)])
    model = dict(type='ImageClassifier', backbone=net, head=head, train_cfg=augments)
    require_registered(model, 'a.pth')
    for key, value in dict(checkpoint_path='a', pretrained=True, trust_remote_code=True).items():
        with pytest.raises(InputError, match=f'a.pth: the config in it names a file by {key}; giv'):
            require_registered(dict(model, backbone=dict(net, **{key: value})), 'a.pth')
    require_registered(dict(model, backbone=dict(net, pretrained=None)), 'a.pth')
    for kind in (
        'os.system',
        'mmengine.load',
        'mmdet.CameraMotionCompensation',
        'CameraMotionCompensation',
        'mmdet.BertModel',
        'Detectron2Wrapper',
        'mmdet.LinearClsHead',
        'this',
        'AutoModelForCausalLM',
    ):
        for place in (dict(type=kind), dict(model, neck=dict(a=[(dict(type=kind),)]))):
            with pytest.raises(InputError, match=f"a.pth: .* asks for type='{kind}', which"):
                require_registered(place, 'a.pth')


def test_parts_of_detectors(detector_config):
    """Whole ones pass; what mmcv would evaluate, and what names a file, does not."""
    for config in (
        detector_config,
        'configs/retinanet_ic_r50_voc.py',
        'configs/ssdlite_sinet_voc.py',
    ):
        cfg = read_config(config)
        require_registered(cfg.model, 'a.pth')
        require_test_pipeline(cfg.test_dataloader.dataset.pipeline, 'a.pth')
    for nms in ('__import__("os").system("x")', b'exit()', 5, ['nms']):
        cfg = read_config(detector_config)
        cfg.model.test_cfg.rcnn.nms.type = nms
        with pytest.raises(InputError, match='a.pth: .* asks for type='):
            require_registered(cfg.model, 'a.pth')
    for key in ('teacher_config', 'teacher_ckpt', 'tokenizer_path'):
        with pytest.raises(InputError, match=f'a.pth: .* names a file by {key}'):
            require_registered({**cfg.model, 'test_cfg': {}, key: 'a.py'}, 'a.pth')


@pytest.mark.parametrize(
    'step',
    [
        dict(type='RandomResize', scale=(1, 1), resize_type='os.system'),
        dict(type='Albu', transforms=[dict(type='load')]),
        dict(type='mmdet.RandomSamplingNegPos', tokenizer_name='a'),
        dict(type='os.system', command='a'),
        dict(type='os.Resize'),
        dict(type='Resize', scale=dict(type='os.system')),
    ],
)
def test_steps_of_a_pipeline(step):
    require_test_pipeline([dict(type='mmdet.Resize'), dict(type='TenCrop')], 'a.pth')
    with pytest.raises(InputError, match='a.pth: .* asks for type='):
        require_test_pipeline([dict(type='LoadImageFromFile'), step], 'a.pth')
