"""Whole detectors as ONNX: standard operators, the same boxes as PyTorch, predict.py without it."""

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from tiny_runs import RETINANET
from untrained import checkpoint

from ic_backbones.config_file import config
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError
from ic_backbones.inference.onnx_detector import OnnxDetector
from ic_backbones.inference.onnx_export import compare, export_detector, noise
from ic_backbones.inference.predictor import Predictor
from ic_backbones.inference.traced import TracedDetector

SSD = """
_base_ = {base!r}
model = dict(
    backbone=dict(width=0.2, units=(1, 1, 1, 1, 1)),
    neck=dict(
        in_channels=(24, 40), out_channels=(24, 40, 16), level_strides=(2,), level_paddings=(1,)
    ),
    bbox_head=dict(
        in_channels=(24, 40, 16), num_classes=4,
        anchor_generator=dict(
            strides=(16, 32, 64), ratios=((2,), (2, 3), (2,)), min_sizes=(24, 48, 96),
            max_sizes=(48, 96, 160),
        ),
    ),
    test_cfg=dict(nms_pre=60, max_per_img=30),
)
"""
AGNOSTIC = """
_base_ = {base!r}
model = dict(
    backbone=dict(type='mmpretrain.ResNet'),
    roi_head=dict(bbox_head=dict(reg_class_agnostic=True)),
    test_cfg=dict(rpn=dict(min_bbox_size=6), rcnn=dict(score_thr=0.2)),
)
test_dataloader = dict(dataset=dict(pipeline=[
    dict(type='LoadImageFromFile'), dict(type='Resize', scale=96, keep_ratio=True),
    dict(type='PackDetInputs'),
]))
"""


@pytest.fixture(scope='session')
def predictors(predictor, detector_config, tmp_path_factory) -> dict[str, Predictor]:
    folder = tmp_path_factory.mktemp('detectors')
    (folder / 'retinanet.py').write_text(RETINANET)
    (folder / 'ssd.py').write_text(SSD.format(base=config('ssdlite_sinet_voc')))
    (folder / 'agnostic.py').write_text(AGNOSTIC.format(base=detector_config))
    spreads = dict(retinanet=0.25, ssd=50.0, agnostic=0.5)
    files = {
        name: checkpoint(str(folder / f'{name}.py'), folder / f'{name}.pth', CLASSES, spread)
        for name, spread in spreads.items()
    }
    found = {name: Predictor(file, device='cpu') for name, file in files.items()}
    # As a training starts; the score of nothing at all is then 0.018, below the threshold.
    found['retinanet'].saved.model.bbox_head.retina_cls.bias.data.fill_(-4)
    return dict(found, faster_rcnn=predictor)


@pytest.fixture(scope='session')
def printed(tool, detector, detector_config, photo, tmp_path_factory) -> SimpleNamespace:
    """The file of Faster R-CNN by the tool, and what it printed."""
    file, out = tmp_path_factory.mktemp('tool') / 'net.onnx', StringIO()
    argv = [detector_config, '--whole', '--checkpoint', detector, '--out', str(file)]
    with redirect_stdout(out):
        tool('export_onnx').main([*argv, '--image', str(photo), '--size', '64', '96'])
    return SimpleNamespace(file=file, text=out.getvalue())


@pytest.fixture(scope='session')
def exported(predictors, printed, tmp_path_factory) -> Callable[[str], Path]:
    """The file of each detector, which is written once."""
    folder = tmp_path_factory.mktemp('exported')

    @cache
    def export(name: str) -> Path:
        if name == 'faster_rcnn':
            return printed.file
        export_detector(predictors[name].saved, folder / f'{name}.onnx', (64, 96))
        return folder / f'{name}.onnx'

    return export


@pytest.mark.parametrize('name', ['faster_rcnn', 'retinanet', 'ssd', 'agnostic'])
def test_the_same_boxes_as_pytorch(name, predictors, exported):
    """At sizes other than the traced one; all operators are ONNX's own."""
    import onnx

    graph = onnx.load(str(exported(name))).graph
    kinds = [node.op_type for node in graph.node]
    assert {node.domain for node in graph.node} == {''}
    two_stages = name in ('faster_rcnn', 'agnostic')
    assert kinds.count('NonMaxSuppression') == 1 + two_stages
    assert kinds.count('RoiAlign') == 4 * two_stages
    detector = OnnxDetector(exported(name))
    counts = []
    for size in ((120, 75), (33, 200)):
        count, difference = compare(predictors[name], detector, noise(size))
        counts.append(count)
        assert difference < 1e-4
    assert min(counts) >= 1


def test_nothing_found(predictors, exported):
    """Where the normalised pixels are 0, the scores are those of the bias, below the threshold."""
    mean = np.array([103, 116, 124], np.uint8)
    image = np.broadcast_to(mean, (64, 64, 3)).copy()
    for found in (predictors['retinanet'](image), OnnxDetector(exported('retinanet'))(image)):
        assert found == [dict(objects=[])]


def test_other_boxes_are_told(predictor):
    """The comparison can fail: another class, another place, one object less."""
    (found,) = predictor(noise((64, 96)))

    def fake(objects: list[dict]):
        return compare(predictor, lambda image: [dict(objects=objects)], noise((64, 96)))[1]

    objects = found['objects']
    first = objects[0]
    moved = dict(first, box=[first['box'][0] + 9.6, *first['box'][1:]])
    other = dict(first, **{'class': 'another'})
    assert fake(objects) == 0
    assert fake([moved, *objects[1:]]) == pytest.approx(0.1)
    assert fake([other, *objects[1:]]) == fake(objects[1:]) == float('inf')


def test_tools(tool, printed, predictor, photo, tmp_path, monkeypatch):
    """From a checkpoint to predictions without PyTorch's model."""
    file, out = printed.file, tmp_path / 'out'
    assert '60x80: 4 objects compared, onnxruntime within' in printed.text
    assert '45x80: ' in printed.text
    (expected,) = predictor(photo)
    for module in ('predictor', 'saved_model'):
        monkeypatch.setitem(sys.modules, f'ic_backbones.inference.{module}', None)
    tool('predict').main(
        [str(file), str(photo), str(photo.parent), '--out', str(out), '--score-thr', '0']
    )
    (found,) = json.loads((out / 'predictions.json').read_text())['predictions']
    assert [item['class'] for item in found['objects']] == [
        item['class'] for item in expected['objects']
    ]
    for item, other in zip(found['objects'], expected['objects'], strict=True):
        np.testing.assert_allclose(item['box'], other['box'], atol=0.01)
    assert cv2.imread(str(out / 'pictures/photo.jpg')).shape == (60, 80, 3)
    with pytest.raises(InputError, match='gone.png: there is no such file; replace it'):
        OnnxDetector(file)(tmp_path / 'gone.png')


@pytest.mark.parametrize('kind', ['ATSSHead', 'DDODHead'])
def test_heads_with_a_factor_of_the_scores_are_refused(kind):
    cfg = Config.fromstring(RETINANET, '.py')
    cfg.model.bbox_head.update(type=kind, norm_cfg=dict(type='BN'))
    cfg.model.train_cfg = None
    with DefaultScope.overwrite_default_scope('mmdet'):
        detector = MODELS.build(cfg.model)
    with pytest.raises(InputError, match=f'net.py: {kind} cannot be exported as a whole; leave'):
        TracedDetector(detector, 'net.py')


def test_an_untrained_detector_is_not_exported(tool, detector_config):
    with pytest.raises(InputError, match='--whole: an untrained detector finds nothing; add'):
        tool('export_onnx').main([detector_config, '--whole'])


def test_wrong_input(
    tool, detector, detector_config, classifier, classifier_config, photo, tmp_path, capsys
):
    out = ['--out', str(tmp_path / 'net.onnx')]
    (tmp_path / 'text.onnx').write_text('text')
    tool('export_onnx').main([classifier_config, '--size', '64', '64', *out])
    printed = capsys.readouterr().out
    assert 'the weights are untrained; name trained ones with --checkpoint' in printed

    def derived(name: str, text: str) -> str:
        (tmp_path / f'{name}.py').write_text(f'_base_ = {detector_config!r}\n{text}\n')
        return str(tmp_path / f'{name}.py')

    soft = derived('soft', "model = dict(test_cfg=dict(rcnn=dict(nms=dict(type='soft_nms'))))")
    pads = derived(
        'pads',
        "test_dataloader = dict(dataset=dict(pipeline=[dict(type='LoadImageFromFile'), "
        "dict(type='Pad', size_divisor=32), dict(type='PackDetInputs')]))",
    )
    pillow = derived(
        'pillow',
        "test_dataloader = dict(dataset=dict(pipeline=[dict(type='LoadImageFromFile', "
        "imdecode_backend='pillow'), dict(type='PackDetInputs')]))",
    )
    whole = ['--whole', '--checkpoint', detector, *out]
    for argv, words in (
        ([soft, *whole], 'soft_nms.* cannot be exported as a whole; leave --whole out'),
        ([pads, *whole], 'the test pipeline has a Pad that predict.py does not know'),
        ([pillow, *whole], 'the test pipeline has a LoadImageFromFile that predict.py does not'),
        ([classifier_config, '--whole', '--checkpoint', classifier, *out], 'is not a detector'),
        ([detector_config, *whole, '--image', str(tmp_path / 'gone.png')], 'gone.png: there is no'),
        ([detector_config, '--image', str(photo)], '--image: is for --whole'),
        ([detector_config, *whole[:3], '--out', str(tmp_path / 'net')], 'that ends in .onnx'),
    ):
        with pytest.raises(InputError, match=words):
            tool('export_onnx').main(argv)
    for file, words in (
        ('gone.onnx', 'gone.onnx: there is no such file'),
        ('text.onnx', 'text.onnx: cannot be read'),
        ('net.onnx', 'net.onnx: is not a whole detector'),
    ):
        with pytest.raises(InputError, match=words):
            tool('predict').main([str(tmp_path / file), str(photo), '--out', str(tmp_path / 'out')])
    for option in ('--config', '--device'):
        argv = ['net.onnx', str(photo), option, 'cpu', '--out', str(tmp_path / 'found')]
        with pytest.raises(InputError, match=f'{option}: is for a .pth file'):
            tool('predict').main(argv)
