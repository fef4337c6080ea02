"""A predictor gives what the model gives for the data set's own test pipeline."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmdet.apis import inference_detector, init_detector
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.apis import ImageClassificationInferencer
from PIL import Image
from torch import nn

from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError
from ic_backbones.inference.predictor import Predictor
from ic_backbones.inference.saved_model import load_model


def _turned(image: Image.Image, file: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(file, exif=exif, quality=95)


MODES: dict[str, Callable[[Image.Image, Path], None]] = {
    'rgb.png': lambda image, file: image.save(file),
    'turned.jpg': _turned,
    'grey.png': lambda image, file: image.convert('L').save(file),
    'palette.png': lambda image, file: image.convert('P').save(file),
    'alpha.png': lambda image, file: image.convert('RGBA').save(file),
    '16_bit.png': lambda image, file: Image.fromarray(
        np.asarray(image.convert('L')).astype(np.uint16) * 257
    ).save(file),
    'cmyk.jpg': lambda image, file: image.convert('CMYK').save(file),
}


@pytest.fixture(scope='module')
def model_of_mmdet(detector, detector_config) -> nn.Module:
    return init_detector(detector_config, detector, device='cpu')


@pytest.mark.parametrize('mode', MODES)
def test_detections_are_those_of_mmdet(mode, predictor, model_of_mmdet, photo, tmp_path):
    file = tmp_path / mode
    MODES[mode](Image.open(photo), file)
    (found,) = predictor(file)
    with DefaultScope.overwrite_default_scope('mmdet'):
        expected = inference_detector(model_of_mmdet, str(file)).pred_instances
    assert len(found['objects']) == len(expected) == 5
    for item, label, score, box in zip(
        found['objects'], expected.labels, expected.scores, expected.bboxes, strict=True
    ):
        assert item['class'] == CLASSES[label]
        assert item['score'] == pytest.approx(score.item(), abs=1e-6)
        assert item['box'] == pytest.approx(box.tolist(), abs=1e-3)


def test_an_array_is_predicted_like_its_file(predictor, classifier, photo):
    for either in (predictor, Predictor(classifier, device='cpu')):
        from_file, from_array = either([photo, cv2.imread(str(photo))])
        assert from_file == from_array


def test_classes_are_those_of_mmpretrain(classifier, classifier_config, photo):
    cfg = Config.fromfile(classifier_config)
    (expected,) = ImageClassificationInferencer(cfg, pretrained=classifier)(str(photo))
    (found,) = Predictor(classifier, device='cpu')(str(photo))
    names = [item['class'] for item in found['classes']]
    assert sorted(names) == ['cat', 'dog'] and names[0] == ('cat', 'dog')[expected['pred_label']]
    assert found['classes'][0]['score'] == pytest.approx(float(expected['pred_score']), abs=1e-6)
    assert sum(item['score'] for item in found['classes']) == pytest.approx(1)


def test_classes_of_a_wrapped_data_set(classifier, classifier_config, tmp_path):
    """Its config names them where the checkpoint does not."""
    content = torch.load(classifier, weights_only=False)
    del content['meta']['dataset_meta']
    torch.save(content, tmp_path / 'weights.pth')
    cfg = Config.fromfile(classifier_config)
    dataset = dict(cfg.test_dataloader.dataset, metainfo=dict(classes=['hen', 'fox']))
    cfg.test_dataloader.dataset = dict(type='RepeatDataset', times=1, dataset=dataset)
    cfg.dump(tmp_path / 'config.py')
    saved = load_model(str(tmp_path / 'weights.pth'), str(tmp_path / 'config.py'), 'cpu')
    assert saved.classes == ('hen', 'fox')


def test_cifar_classifiers_get_what_their_data_set_holds(classifier_config, classifier, tmp_path):
    """RGB of 32 x 32 pixels: their pipelines read no file."""
    config = tmp_path / 'cifar.py'
    step = "test_dataloader = dict(dataset=dict(pipeline=[dict(type='PackInputs')]))\n"
    config.write_text(f'_base_ = {classifier_config!r}\n{step}')
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    predictor = Predictor(classifier, str(config), 'cpu')
    model = predictor.saved.model
    rgb = np.ascontiguousarray(image[..., ::-1]).transpose(2, 0, 1)
    sample = predictor._inferencer.pipeline(dict(img_path=str(tmp_path / 'a.png')))
    assert (sample['inputs'].numpy() == rgb).all() and not model.training
    assert predictor(tmp_path / 'a.png') == predictor(image)


def test_two_lines(detector, photo):
    """As the documentation shows it."""
    from ic_backbones.inference.predictor import Predictor

    found = Predictor(detector)([str(photo), str(photo)])
    assert len(found) == 2 and found[0] == found[1]


def test_wrong_input(predictor, detector, detector_config, classifier_config, tmp_path):
    gone = tmp_path / 'gone.png'
    with pytest.raises(InputError, match=f'{gone}: there is no such file; replace it'):
        predictor(gone)
    with pytest.raises(InputError, match='--device tpu: cannot be used, .*; give cpu'):
        Predictor(detector, device='tpu')
    with pytest.raises(InputError, match='tensors match and .* do not .*; give a checkpoint of'):
        Predictor(detector, classifier_config)
    (tmp_path / 'part.py').write_text('model = dict()')
    with pytest.raises(InputError, match='part.py: has no model with a backbone'):
        Predictor(detector, str(tmp_path / 'part.py'))
    (tmp_path / 'lying.py').write_text(
        f'_base_ = {detector_config!r}\ntest_dataloader = dict(dataset=dict(pipeline=['
        "dict(type='LoadImageFromFile', color_type='color_ignore_orientation')]))\n"
    )
    with pytest.raises(InputError, match="has color_type='color_ignore_orientation', with which"):
        Predictor(detector, str(tmp_path / 'lying.py'))
    (tmp_path / 'step.py').write_text(
        f'_base_ = {detector_config!r}\ntest_dataloader = dict(dataset=dict(pipeline=['
        "dict(type='Foo')]))\n"
    )
    with pytest.raises(InputError, match='step.py: the test pipeline cannot be built'):
        Predictor(detector, str(tmp_path / 'step.py'))
