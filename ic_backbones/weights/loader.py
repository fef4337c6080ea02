"""Reading a checkpoint as data: no file or address can run code.

Importing this module replaces mmengine's loaders, for every scheme. Whatever reads a checkpoint
through ``mmengine.runner.CheckpointLoader``, such as ``load_from``, ``--resume``, ``init_cfg`` and
``load_checkpoint``, reads it here.
"""

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from urllib.parse import unquote, urlparse

import torch
from mmengine import dist
from mmengine.fileio import get_file_backend
from mmengine.runner import CheckpointLoader
from mmengine.runner.checkpoint import (
    get_deprecated_model_names,
    get_external_models,
    get_mmcls_models,
    get_torchvision_models,
)

from .._requirements import require_extra
from ..errors import InputError, one_line
from . import data_pickle
from .match import below
from .saved_config import is_data
from .versions import keep_versions

_is_trusted = False
ADVICE = 'give the checkpoint of a training'


class CheckpointError(InputError):
    """A checkpoint that is missing or damaged.

    Attributes:
        problem: What is wrong, without the advice.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f'{problem}; {ADVICE}')
        self.problem = problem


@contextmanager
def trust_checkpoints() -> Iterator[None]:
    """Load checkpoints in this block even if they run code, which can then do anything."""
    global _is_trusted
    before, _is_trusted = _is_trusted, True
    try:
        yield
    finally:
        _is_trusted = before


@CheckpointLoader.register_scheme(prefixes=('', 'file://'), force=True)
def load_from_local(source: str, map_location: Any = None) -> Any:
    """Load a file that ``torch.save`` has written, or a ``.safetensors`` file.

    Args:
        source: The path, or a ``file://`` address.
        map_location: The device of the tensors, as in ``torch.load``.

    Raises:
        CheckpointError: There is no such file, or it is damaged.
        InputError: The file asks to run code.
    """
    path = unquote(urlparse(source).path) if source.startswith('file://') else source
    return _load_file(os.path.expanduser(path), source, map_location)


@CheckpointLoader.register_scheme(prefixes=('http://', 'https://'), force=True)
def load_from_http(source: str, map_location: Any = None) -> Any:
    """Load what an address holds, from torch's cache if it is there.

    Raises:
        CheckpointError: It cannot be fetched, or is damaged.
        InputError: It asks to run code.
    """
    path = Path(torch.hub.get_dir(), 'checkpoints', Path(urlparse(source).path).name)
    try:
        if dist.is_main_process():
            _fetch(source, path)
    finally:
        dist.barrier()
    _fetch(source, path)  # for the ranks that have another cache
    return _load_file(str(path), source, map_location)


@CheckpointLoader.register_scheme(prefixes=('torchvision://', 'modelzoo://'), force=True)
def load_from_torchvision(source: str, map_location: Any = None) -> Any:
    """The weights of a model of torchvision, by its name."""
    return load_from_http(_address(source, get_torchvision_models()), map_location)


@CheckpointLoader.register_scheme(prefixes=('open-mmlab://', 'openmmlab://'), force=True)
def load_from_openmmlab(source: str, map_location: Any = None) -> Any:
    """The weights of an OpenMMLab model, by its present or an earlier name."""
    renamed = get_deprecated_model_names()
    scheme, _, name = source.partition('://')
    address = _address(f'{scheme}://{renamed.get(name, name)}', get_external_models())
    return CheckpointLoader.load_checkpoint(address, map_location)


@CheckpointLoader.register_scheme(prefixes='mmcls://', force=True)
def load_from_mmcls(source: str, map_location: Any = None) -> dict:
    """Load the backbone of a model of mmcls."""
    loaded = load_from_http(_address(source, get_mmcls_models()), map_location)
    return dict(state_dict=below(loaded.get('state_dict', loaded), 'backbone.'))


@CheckpointLoader.register_scheme(prefixes=(r'(\S+\:)?s3://', r'(\S+\:)?petrel://'), force=True)
def load_from_petrel(source: str, map_location: Any = None) -> Any:
    """A checkpoint in a petrel store."""
    backend = get_file_backend(source, backend_args=dict(backend='petrel'))
    return _load(io.BytesIO(backend.get(source)), source, map_location)


@CheckpointLoader.register_scheme(prefixes='pavi://', force=True)
def load_from_pavi(source: str, map_location: Any = None) -> Any:
    """A checkpoint of a model on pavi."""
    from pavi import modelcloud

    model = modelcloud.get(source.removeprefix('pavi://'))
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, model.name)
        model.download(path)
        return _load_file(path, source, map_location)


def _address(source: str, addresses: dict[str, str]) -> str:
    name = source.partition('://')[2]
    if name not in addresses:
        raise CheckpointError(f'{source}: mmengine knows no weights of this name')
    return addresses[name]


def _fetch(address: str, path: Path) -> None:
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(address, str(path), progress=os.isatty(2))
    except (OSError, ValueError) as error:  # the network and the folder; a malformed address
        raise CheckpointError(f'{address}: cannot be fetched, {one_line(error)}') from error


def _load_file(path: str, source: str, map_location: Any) -> Any:
    if not os.path.isfile(path):
        raise CheckpointError(f'{source}: there is no such checkpoint')
    if path.endswith('.safetensors'):
        return _load_safetensors(path, source, map_location)
    try:
        with open(path, 'rb') as file:
            return _load(file, source, map_location)
    except OSError as error:
        raise CheckpointError(f'{source}: cannot be read, {one_line(error)}') from error


def _load_safetensors(path: str, source: str, map_location: Any) -> dict[str, torch.Tensor]:
    require_extra('safetensors files', 'safetensors', 'tools')
    from safetensors.torch import load_file

    try:
        return load_file(path, device=str(map_location or 'cpu'))
    except Exception as error:  # a damaged file, or a type of numbers that PyTorch lacks
        raise CheckpointError(f'{source}: cannot be read, {one_line(error)}') from error


def _load(file: BinaryIO, source: str, map_location: Any) -> Any:
    """What ``torch.save`` has put into an open file."""
    try:
        content = _read(file, map_location)
        keep_versions(content)
        return content
    except data_pickle.ForeignObject as error:
        raise InputError(
            f'{source}: asks for {error}, which could run any code and is not data, so it was not '
            'loaded; ask its author for a .safetensors file, or give --trust-checkpoint if you '
            'would run programs of this author'
        ) from error
    except Exception as error:  # a damaged file can raise anything
        raise CheckpointError(f'{source}: cannot be read, {one_line(error)}') from error


def _read(file: BinaryIO, map_location: Any) -> Any:
    if _is_trusted:
        return torch.load(file, map_location=map_location, weights_only=False)
    _require_pickle(file)
    return _without_programs(
        torch.load(file, map_location=map_location, pickle_module=data_pickle, weights_only=False)
    )


def _without_programs(content: Any) -> Any:
    """Leave out the texts that mmengine would run as Python when it resumes or infers.

    A text that is data is harmless and stays.
    """
    meta = content.get('meta') if isinstance(content, dict) else None
    hub = content.get('message_hub') if isinstance(content, dict) else None
    runtime = hub.get('runtime_info') if isinstance(hub, dict) else None
    for notes, key in ((meta, 'config'), (runtime, 'cfg')):
        if isinstance(notes, dict) and key in notes and not is_data(notes[key]):
            del notes[key]
    return content


def _require_pickle(file: BinaryIO) -> None:
    """Refuse the two kinds of archive that ``torch.load`` does not leave to its pickle module.

    Raises:
        data_pickle.ForeignObject: It is one of them.
    """
    try:
        records = torch._C.PyTorchFileReader(file).get_all_records()
    except (RuntimeError, OSError):  # not a zip archive, as before PyTorch 1.6
        records = []
    if 'constants.pkl' in records:
        raise data_pickle.ForeignObject('a TorchScript program')
    file.seek(0)
    if tarfile.is_tarfile(file):  # its members are extracted, links and devices too
        raise data_pickle.ForeignObject('a tar archive (PyTorch before 0.1.9)')
    file.seek(0)
