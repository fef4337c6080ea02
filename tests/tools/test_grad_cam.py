"""tools/grad_cam.py draws the map of its formula."""

import shutil

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from ic_backbones import _requirements
from ic_backbones.errors import InputError
from ic_backbones.grad_cam import Network


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


def test_the_map_is_grad_cams(network, image, tool):
    """relu(sum_c a_c F_c), a_c the mean gradient of the class's logit over channel c."""
    from pytorch_grad_cam import GradCAM

    net = Network(*network)
    inputs, shown = net.read(image)
    assert inputs.shape == (1, 3, 96, 128) and shown.shape == (96, 128, 3)
    np.testing.assert_allclose(shown, cv2.imread(image)[..., ::-1] / 255, atol=1e-6)
    with GradCAM(net, [net.last]) as cam:
        found = cam(inputs, targets=None)[0]

    feature = net.model.backbone(inputs)[-1].detach().requires_grad_()
    net.model.head(net.model.neck((feature,))).max().backward()
    weights = feature.grad.mean((2, 3), keepdim=True)
    heat = (weights * feature).sum(1)[0].relu().detach().numpy()
    heat = (heat - heat.min()) / (1e-7 + heat.max() - heat.min())
    expected = cv2.resize(heat, (128, 96))
    assert expected.std() > 0.05
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


def test_images_that_cifar_configs_keep_decoded(network, image, tool, tmp_path):
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


def test_wrong_input(network, image, tool, tmp_path, monkeypatch):
    module = tool('grad_cam')
    (tmp_path / 'part.py').write_text('model = dict()')
    (tmp_path / 'other.txt').write_text('')
    state = torch.load(network[1])['state_dict']
    torch.save(dict(state, **{'backbone.conv9.weight': torch.ones(1)}), tmp_path / 'swapped.pth')
    torch.save(dict(state_dict=dict(epoch=3)), tmp_path / 'bare.pth')
    for argv, words in (
        ([image, '--net', str(tmp_path / 'part.py'), network[1]], 'part.py: is not a classifier'),
        (
            [image, '--net', network[0], str(tmp_path / 'swapped.pth')],
            'swapped.pth: .* 1 do not',
        ),
        ([image, '--net', network[0], str(tmp_path / 'bare.pth')], 'bare.pth: holds no state dict'),
        ([str(tmp_path / 'other.txt'), '--net', *network], 'other.txt: is empty; give an image'),
        ([image, '--net', *network, '--out', str(tmp_path / 'a.xyz')], r'a\.xyz: cannot be writ'),
    ):
        with pytest.raises(InputError, match=words):
            module.main(argv)
    monkeypatch.setattr(_requirements, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ic-backbones\[tools\]'"):
        module.main([image, '--net', *network])
