"""Whole detectors as ONNX: standard operators, the same boxes as PyTorch, predict.py without it."""

import json
import sys

import cv2
import numpy as np
import pytest
from tiny_runs import RETINANET
from untrained import checkpoint

from ic_backbones.config_file import config
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError
from ic_backbones.inference.onnx_detector import OnnxDetector
from ic_backbones.inference.onnx_export import compare, export_detector, noise
from ic_backbones.inference.predictor import Predictor

AGNOSTIC = """
_base_ = {base!r}
model = dict(
    roi_head=dict(bbox_head=dict(reg_class_agnostic=True)),
    test_cfg=dict(rpn=dict(min_bbox_size=6), rcnn=dict(score_thr=0.2)),
)
"""


@pytest.fixture(scope='session')
def predictors(detector, detector_config, tmp_path_factory) -> dict[str, Predictor]:
    folder = tmp_path_factory.mktemp('detectors')
    (folder / 'retinanet.py').write_text(RETINANET)
    (folder / 'agnostic.py').write_text(AGNOSTIC.format(base=detector_config))
    files = {
        'RetinaNet': (str(folder / 'retinanet.py'), 0.25),
        'SSD': (config('ssdlite_sinet_voc'), 50.0),
        'class-agnostic': (str(folder / 'agnostic.py'), 0.5),
    }
    return {'Faster R-CNN': Predictor(detector, device='cpu')} | {
        name: Predictor(checkpoint(file, folder / f'{name}.pth', CLASSES, spread), device='cpu')
        for name, (file, spread) in files.items()
    }


@pytest.mark.parametrize('name', ['Faster R-CNN', 'RetinaNet', 'SSD', 'class-agnostic'])
def test_the_same_boxes_as_pytorch(name, predictors, tmp_path):
    """At sizes other than the traced one; all operators are ONNX's own."""
    import onnx

    predictor, file = predictors[name], tmp_path / 'net.onnx'
    export_detector(predictor.saved, file, (64, 96))
    graph = onnx.load(str(file)).graph
    kinds = [node.op_type for node in graph.node]
    assert {node.domain for node in graph.node} == {''}
    two_stages = name in ('Faster R-CNN', 'class-agnostic')
    assert kinds.count('NonMaxSuppression') == 1 + two_stages
    assert kinds.count('RoiAlign') == 4 * two_stages
    detector = OnnxDetector(file)
    counts = []
    for size in ((120, 75), (33, 200)):
        count, difference = compare(predictor, detector, noise(size))
        counts.append(count)
        assert difference < 1e-4
    assert min(counts) >= 1


def test_nothing_found(predictors, tmp_path):
    saved = predictors['RetinaNet'].saved
    saved.model.bbox_head.test_cfg.score_thr = 1.1
    try:
        export_detector(saved, tmp_path / 'net.onnx', (64, 96))
        assert OnnxDetector(tmp_path / 'net.onnx')(noise((64, 64)) * 0) == [dict(objects=[])]
    finally:
        saved.model.bbox_head.test_cfg.score_thr = 0.02


def test_other_boxes_are_told(predictors):
    """The comparison can fail: another class, another place, one object less."""
    predictor = predictors['Faster R-CNN']
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


def test_tools(tool, detector, detector_config, photo, tmp_path, monkeypatch, capsys):
    """From a checkpoint to predictions without PyTorch's model."""
    file, out = tmp_path / 'net.onnx', tmp_path / 'out'
    argv = [detector_config, '--whole', '--checkpoint', detector, '--out', str(file)]
    tool('export_onnx').main([*argv, '--image', str(photo)])
    printed = capsys.readouterr().out
    assert '60x80: 4 objects compared, onnxruntime within' in printed and '45x80: ' in printed
    (expected,) = Predictor(detector, device='cpu')(photo)
    for module in ('predictor', 'saved_model'):
        monkeypatch.setitem(sys.modules, f'ic_backbones.inference.{module}', None)
    tool('predict').main(
        ['--onnx', str(file), str(photo), str(photo.parent), '--out', str(out), '--score-thr', '0']
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


def test_an_untrained_detector_is_not_exported(tool, detector_config):
    with pytest.raises(InputError, match='--whole: needs --checkpoint'):
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
    whole = ['--whole', '--checkpoint', detector, *out]
    for argv, words in (
        ([soft, *whole], 'soft_nms.* cannot be exported as a whole; leave --whole out'),
        ([pads, *whole], 'the test pipeline has a Pad that predict.py --onnx does not know'),
        ([classifier_config, '--whole', '--checkpoint', classifier, *out], 'is not a detector'),
        ([detector_config, *whole, '--image', str(tmp_path / 'gone.png')], 'gone.png: there is no'),
        ([detector_config, '--image', str(photo)], '--image: is for --whole'),
    ):
        with pytest.raises(InputError, match=words):
            tool('export_onnx').main(argv)
    for file, words in (
        ('gone.onnx', 'gone.onnx: there is no such file'),
        ('text.onnx', 'text.onnx: cannot be read'),
        ('net.onnx', 'net.onnx: is not a whole detector'),
    ):
        with pytest.raises(InputError, match=words):
            tool('predict').main(
                ['--onnx', str(tmp_path / file), str(photo), '--out', str(tmp_path / 'out')]
            )
