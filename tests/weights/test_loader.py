"""Every scheme of mmengine loads through one function, which reads data alone."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import pytest
import torch
from malicious import payloads
from mmengine.runner import CheckpointLoader

from ic_backbones.errors import InputError
from ic_backbones.weights import loader

WEIGHTS = {'backbone.conv.weight': torch.arange(3.0)}
BY_SCHEME = {
    'file': 'file://{path}',
    'http': 'http://example.org/models/net.pth',
    'https': 'https://example.org/models/net.pth?download=1',
    'torchvision': 'torchvision://net',
    'modelzoo': 'modelzoo://net',
    'open-mmlab': 'open-mmlab://net',
    'openmmlab': 'openmmlab://old_net',
    'openmmlab, a file': 'openmmlab://net_file',
    'mmcls': 'mmcls://net',
    's3': 's3://bucket/net.pth',
    'petrel': 'cluster:petrel://bucket/net.pth',
    'pavi': 'pavi://net.pth',
    '': '{path}',
}


@pytest.fixture
def addresses(tmp_path, monkeypatch) -> Callable[[Path], dict[str, str]]:
    """Addresses by scheme, all of which lead to one file and none to a network."""

    def lead_to(path: Path) -> dict[str, str]:
        def download(address: str, to: str, **_) -> None:
            assert address.startswith(('http://example.org/', 'https://example.org/'))
            Path(to).write_bytes(path.read_bytes())

        names = dict(net='https://example.org/net-1234.pth', net_file=str(path))
        monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
        monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
        for function in ('torchvision', 'external', 'mmcls'):
            monkeypatch.setattr(loader, f'get_{function}_models', lambda: names)
        monkeypatch.setattr(loader, 'get_deprecated_model_names', lambda: dict(old_net='net'))
        backend = SimpleNamespace(get=lambda address: path.read_bytes())
        monkeypatch.setattr(loader, 'get_file_backend', lambda *_, **__: backend)
        model = SimpleNamespace(
            name='net.pth', download=lambda to: Path(to).write_bytes(path.read_bytes())
        )
        pavi = SimpleNamespace(modelcloud=SimpleNamespace(get=lambda name: model))
        monkeypatch.setitem(sys.modules, 'pavi', pavi)
        return {name: address.format(path=path) for name, address in BY_SCHEME.items()}

    return lead_to


def test_no_scheme_of_mmengine_is_left_out():
    modules = {scheme.__module__ for scheme in CheckpointLoader._schemes.values()}
    assert modules == {loader.__name__, 'ic_backbones.models'}  # the latter loads nothing
    for address in BY_SCHEME.values():
        assert CheckpointLoader._get_checkpoint_loader(address).__module__ == loader.__name__


@pytest.mark.parametrize('scheme', BY_SCHEME)
def test_weights_come_from_everywhere(scheme, addresses, tmp_path):
    path = tmp_path / 'net.pth'
    torch.save(WEIGHTS, path)
    loaded = CheckpointLoader.load_checkpoint(addresses(path)[scheme], 'cpu')
    if scheme == 'mmcls':  # the backbone alone
        loaded = {f'backbone.{name}': value for name, value in loaded['state_dict'].items()}
    assert loaded.keys() == WEIGHTS.keys()
    assert all(torch.equal(loaded[name], value) for name, value in WEIGHTS.items())


@pytest.mark.parametrize('scheme', BY_SCHEME)
def test_code_comes_from_nowhere(scheme, addresses, tmp_path):
    path, marker = tmp_path / 'net.pth', tmp_path / 'marker'
    torch.save(WEIGHTS | dict(bad=payloads(marker)['os.system']), path)
    address = addresses(path)[scheme]
    with pytest.raises(InputError, match='(posix|nt|os).system, which could run any code'):
        CheckpointLoader.load_checkpoint(address, 'cpu')
    assert not marker.exists()


def test_an_address_is_fetched_once(addresses, tmp_path):
    path = tmp_path / 'net.pth'
    torch.save(WEIGHTS, path)
    address = addresses(path)['https']
    CheckpointLoader.load_checkpoint(address)
    path.unlink()
    assert CheckpointLoader.load_checkpoint(address).keys() == WEIGHTS.keys()


def test_safetensors(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / 'net.safetensors'
    save_file(WEIGHTS, path)
    for address in (str(path), f'file://{path}'):
        loaded = CheckpointLoader.load_checkpoint(address, 'cpu')
        assert torch.equal(loaded['backbone.conv.weight'], torch.arange(3.0))
    path.write_bytes(b'junk')
    with pytest.raises(InputError, match='net.safetensors: cannot be read, SafetensorError'):
        CheckpointLoader.load_checkpoint(str(path))


def damaged(path: Path) -> dict[str, bytes]:
    torch.save(WEIGHTS, path)
    whole = path.read_bytes()
    return {
        'empty': b'',
        'text': b'no checkpoint',
        'half': whole[: len(whole) // 2],
        'zip': b'PK\x03\x04' + bytes(100),
        'pickle': b'\x80\x02}',
        'bits': whole.replace(b'data.pkl', b'date.pkl'),
    }


@pytest.mark.parametrize('kind', damaged(Path(os.devnull)))
def test_damage_is_one_sentence(kind, tmp_path):
    path = tmp_path / 'net.pth'
    path.write_bytes(damaged(path)[kind])
    with pytest.raises(InputError, match='net.pth: cannot be read, ') as error:
        CheckpointLoader.load_checkpoint(str(path))
    assert '\n' not in str(error.value) and len(str(error.value)) < 500


def test_what_is_not_there_is_one_sentence(addresses, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / 'pipe')  # opened, it would never end
    for address in (str(tmp_path / 'gone.pth'), str(tmp_path), str(tmp_path / 'pipe'), ''):
        with pytest.raises(InputError, match=f'^{address}: there is no such checkpoint; give'):
            CheckpointLoader.load_checkpoint(address)

    addresses(tmp_path / 'net.pth')

    def offline(*_, **__) -> None:
        raise URLError('Name or service not known')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', offline)
    with pytest.raises(InputError, match='net-1234.pth: cannot be fetched, .*not known.*; give'):
        CheckpointLoader.load_checkpoint('torchvision://net')
    for scheme in ('torchvision', 'openmmlab', 'mmcls'):
        with pytest.raises(InputError, match=f'^{scheme}://resnet_51: mmengine knows no weights'):
            CheckpointLoader.load_checkpoint(f'{scheme}://resnet_51')
