"""The tests of mmpretrain and mmdet, run against the classes here.

They are in these libraries' repositories, not in their wheels. With checkouts of both::

    PEERS_MMPRETRAIN=~/mmpretrain PEERS_MMDET=~/mmdetection python -m pytest tests/peers
"""

import pytest
from mmdet.registry import MODELS
from put_in import run, source_of

from ic_backbones.backbones import ICResNet, ICResNet_CIFAR, MobileNetV2, SCResNet, SEResNet

BACKBONES = [
    ('test_resnet.py', dict(ResNet=ICResNet)),
    ('test_resnet.py', dict(ResNet=SCResNet)),
    ('test_resnet_cifar.py', dict(ResNet_CIFAR=ICResNet_CIFAR)),
    ('test_seresnet.py', dict(SEResNet=SEResNet)),
    ('test_mobilenet_v2.py', dict(MobileNetV2=MobileNetV2)),
]
DETECTORS = ['test_rpn.py', 'test_single_stage.py', 'test_two_stage.py']
STAND_IN = """
import pytest
from mmpretrain.models.backbones import ResNet

def test_name():
    assert ResNet.__name__ == 'ICResNet'

def test_refusal():
    for error in (KeyError, AssertionError):
        with pytest.raises(error):
            ResNet(20)

def test_fails():
    assert not hasattr(ResNet(18, out_indices=(0,)), 'out_channels')
"""


def peers_file(package: str, *path: str):
    source = source_of(package)
    if source is None:
        pytest.skip(
            f'the tests of {package} are not here; name its checkout in PEERS_{package.upper()}'
        )
    return source.joinpath('tests', 'test_models', *path)


@pytest.mark.parametrize('file, names', BACKBONES, ids=lambda value: ' '.join(value))
def test_backbones_of_mmpretrain(file, names):
    result = run(peers_file('mmpretrain', 'test_backbones', file), names)
    assert result.exchanged == set(names) and all_passed(result)


@pytest.mark.parametrize('file', DETECTORS)
def test_detectors_of_mmdet(file, monkeypatch):
    """Their configs name mmdet's ResNet, which is exchanged in the registry."""
    path = peers_file('mmdet', 'test_detectors', file)
    monkeypatch.setitem(MODELS._module_dict, 'ResNet', ICResNet)
    assert all_passed(run(path, {}))


def all_passed(result):
    """Whether some tests ran, and none failed; some need a GPU and are skipped."""
    failed = [name for name, outcome in result.outcomes.items() if outcome == 'failed']
    assert not failed
    return 'passed' in result.outcomes.values()


def test_how_it_works(tmp_path, monkeypatch):
    """On a test file of our own, of whose tests the last one fails."""
    folder = tmp_path / 'tests/test_models/test_backbones'
    folder.mkdir(parents=True)
    (folder / 'test_stand_in.py').write_text(STAND_IN)
    monkeypatch.setenv('PEERS_MMPRETRAIN', str(tmp_path))
    result = run(
        peers_file('mmpretrain', 'test_backbones', 'test_stand_in.py'), dict(ResNet=ICResNet)
    )
    assert result.exchanged == {'ResNet'}
    assert result.outcomes == dict(test_name='passed', test_refusal='passed', test_fails='failed')
    with pytest.raises(AssertionError, match='test_fails'):
        all_passed(result)


def test_without_their_sources_it_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setenv('PEERS_MMDET', str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match='name its checkout in PEERS_MMDET'):
        peers_file('mmdet')
