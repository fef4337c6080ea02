"""tools/grad_cam.py draws the map of its formula."""

import re
import shutil

import cv2
import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from tiny_runs import RETINANET
from untrained import checkpoint

from ic_backbones import _requirements
from ic_backbones.datasets.voc.shapes import CLASSES
from ic_backbones.errors import InputError
from ic_backbones.grad_cam import Network, draw, heat_map


@pytest.fixture
def network(classifier_config, tmp_path) -> list[str]:
    """Config and checkpoint of a classifier that nobody has trained."""
    cfg = Config.fromfile(classifier_config)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(cfg.model)
    model.head.fc.weight.data.abs_()  # a map that is not 0
    meta = dict(dataset_meta=dict(classes=('cat', 'dog')))
    torch.save(dict(meta=meta, state_dict=model.state_dict()), tmp_path / 'net.pth')
    return [classifier_config, str(tmp_path / 'net.pth')]


@pytest.fixture
def image(tmp_path) -> str:
    pixels = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'image.png'), pixels)
    return str(tmp_path / 'image.png')


def test_the_map_is_grad_cams(network, image):
    """relu(sum_c a_c F_c), a_c the mean gradient of the class's logit over channel c."""
    net = Network(*network)
    inputs, shown = net.read(image)
    assert inputs.shape == (1, 3, 96, 128) and shown.shape == (96, 128, 3)
    np.testing.assert_allclose(shown, cv2.imread(image)[..., ::-1] / 255, atol=1e-6)
    found, scores = heat_map(net, inputs)

    feature = net.model.backbone(inputs)[-1].detach().requires_grad_()
    logits = net.model.head(net.model.neck((feature,)))
    logits.max().backward()
    torch.testing.assert_close(scores, logits[0].detach())
    weights = feature.grad.mean((2, 3), keepdim=True)
    heat = (weights * feature).sum(1)[0].relu().detach().numpy()
    expected = scaled(heat, (96, 128))
    assert expected.std() > 0.05
    np.testing.assert_allclose(found, expected, atol=1e-4)


def scaled(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Of a height and width, from 0 to 1."""
    heat = cv2.resize(heat, size[::-1])
    return (heat - heat.min()) / (1e-7 + np.ptp(heat))


@pytest.fixture(scope='module')
def detectors(detector_config, tmp_path_factory) -> dict[str, list[str]]:
    """Untrained detectors; RetinaNet's neck leaves the first map of the backbone out."""
    folder = tmp_path_factory.mktemp('detectors')
    (folder / 'RetinaNet.py').write_text(RETINANET)
    configs = {
        'Faster R-CNN': (detector_config, 0.5),
        'RetinaNet': (str(folder / 'RetinaNet.py'), 0.25),
    }
    return {
        name: [config, checkpoint(config, folder / f'{name}.pth', CLASSES, spread)]
        for name, (config, spread) in configs.items()
    }


@pytest.mark.parametrize('name', ['Faster R-CNN', 'RetinaNet'])
def test_the_map_of_a_detector_is_hirescams(name, detectors, image):
    """relu(sum_c dy/dF_c F_c), scaled to 1, the mean of all maps; y is the score of an object."""
    net = Network(*detectors[name])
    inputs, shown = net.read(image)
    found, scores = heat_map(net, inputs)

    maps = [map_.detach().requires_grad_() for map_ in net.model.backbone.backbone(inputs)]
    features = net.model.neck(maps)
    size = tuple(inputs.shape[2:])
    if name == 'RetinaNet':
        logits = net.model.bbox_head(features)[0]  # each (1, anchors x classes, h, w)
        score = torch.stack([logit.sigmoid().max() for logit in logits]).max()
    else:
        sample = DetDataSample(metainfo=dict(img_shape=size, scale_factor=(1, 1)))
        proposals = net.model.rpn_head.predict(features, [sample])
        (objects,) = net.model.roi_head.predict(features, proposals, [sample])
        score = objects.scores.max()
        assert objects.labels[objects.scores.argmax()] == scores.argmax()
    torch.testing.assert_close(scores.max(), score.detach())
    gradients = torch.autograd.grad(score, maps, allow_unused=True)
    heats = [
        scaled((slope * feature).sum(1)[0].relu().detach().numpy(), size)
        for slope, feature in zip(gradients, maps, strict=True)
        if slope is not None
    ]
    assert len(heats) == 4 - (name == 'RetinaNet')
    expected = sum(heats) / np.max(sum(heats))
    assert expected.std() > 0.02
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_picture_of_two_networks(network, image, tool, tmp_path, capsys):
    out = tmp_path / 'cam.png'
    twin = tmp_path / 'twin.py'
    twin.write_text(f'_base_ = {network[0]!r}\n')
    later = tmp_path / 'later.pth'  # another checkpoint of a network that is drawn already
    shutil.copy(network[1], later)
    nets = [network, [str(twin), network[1]], [network[0], str(later)]]
    argv = [image, image, *(part for net in nets for part in ('--net', *net)), '--out', str(out)]
    module = tool('grad_cam')
    module.main(argv)
    titles = {Network(*net).title for net in nets}
    assert len(titles) == 3
    assert capsys.readouterr().out.split()[-1] == str(out)
    picture = cv2.imread(str(out))
    assert picture.shape[1] > 900 and picture.shape[0] > 700 and picture.std() > 10


def test_picture_of_a_detector(detectors, image, monkeypatch):
    """The best object of a class is framed; where there is none, the title says so."""
    net = Network(*detectors['RetinaNet'])
    (axis,) = draw([image], [net], 'square').axes[1:]
    inputs, _ = net.read(image)
    left, top, right, bottom = net.best_box(inputs, CLASSES.index('square'))
    (frame,) = axis.patches
    assert frame.get_bbox().extents.tolist() == pytest.approx([left, top, right, bottom])
    assert re.search(r'square 0\.\d\d$', axis.get_title())
    assert axis.images[0].get_array().shape == (120, 160, 3)
    monkeypatch.setitem(net.model.bbox_head.test_cfg, 'score_thr', 1.1)
    (axis,) = draw([image], [net], 'square').axes[1:]
    assert not axis.patches and axis.get_title().endswith('\nfinds nothing')
    assert not heat_map(net, inputs)[0].any()
    monkeypatch.setattr(net.model, 'predict', torch.no_grad()(net.model.predict))
    with pytest.raises(InputError, match='RetinaNet.py: the scores of a RetinaNet have no gradien'):
        draw([image], [net])


def test_images_that_cifar_configs_keep_decoded(network, image, tmp_path):
    config = tmp_path / 'cifar.py'
    config.write_text(
        f'_base_ = {network[0]!r}\ntest_dataloader = dict(dataset=dict(pipeline=[dict(type='
        "'PackInputs')]))\n"
    )
    net = Network(str(config), network[1])
    inputs, shown = net.read(image)
    assert inputs.shape == (1, 3, 32, 32)
    small = cv2.resize(cv2.imread(image), (32, 32))
    np.testing.assert_allclose(shown, small[..., ::-1] / 255, atol=1e-6)


def test_a_network_without_maps(classifier_config, image, tool, tmp_path):
    """As AlexNet, but small: linear layers follow the maps inside."""
    config, file = tmp_path / 'lenet.py', str(tmp_path / 'lenet.pth')
    config.write_text(
        f'_base_ = {classifier_config!r}\nmodel = dict(neck=None, head=dict(_delete_=True, '
        "type='ClsHead'), backbone=dict(_delete_=True, type='LeNet5', num_classes=2))\n"
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(Config.fromfile(config).model)
    torch.save(dict(state_dict=model.state_dict()), file)
    with pytest.raises(InputError, match='lenet.py: its LeNet5 gives no maps to draw; give a netw'):
        tool('grad_cam').main([image, '--net', str(config), file])


def test_wrong_input(network, image, tool, tmp_path, monkeypatch):
    module = tool('grad_cam')
    (tmp_path / 'part.py').write_text('model = dict()')
    (tmp_path / 'other.txt').write_text('')
    state = torch.load(network[1])['state_dict']
    torch.save(dict(state, **{'backbone.conv9.weight': torch.ones(1)}), tmp_path / 'swapped.pth')
    torch.save(dict(state_dict=dict(epoch=3)), tmp_path / 'bare.pth')
    for argv, words in (
        (
            [image, '--net', *network, '--class', 'cow'],
            '--class cow: .* knows cat, dog; choose',
        ),
        ([image, '--net', str(tmp_path / 'part.py'), network[1]], 'part.py: has no model'),
        (
            [image, '--net', network[0], str(tmp_path / 'swapped.pth')],
            'swapped.pth: .* 1 do not',
        ),
        ([image, '--net', network[0], str(tmp_path / 'bare.pth')], 'bare.pth: holds no state dict'),
        ([str(tmp_path / 'other.txt'), '--net', *network], 'other.txt: is empty; replace it'),
        ([image, '--net', *network, '--out', str(tmp_path / 'a.xyz')], r'a\.xyz: cannot be writ'),
    ):
        with pytest.raises(InputError, match=words):
            module.main(argv)
    monkeypatch.setattr(_requirements, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ic-backbones\[tools\]'"):
        module.main([image, '--net', *network])
