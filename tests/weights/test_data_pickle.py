"""Checkpoints as OpenMMLab writes them load alike on every PyTorch, and nothing in one runs."""

import io
import pickle
import tarfile
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from malicious import payloads
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler
from torch import nn

from ic_backbones.errors import InputError
from ic_backbones.weights import data_pickle
from ic_backbones.weights.loader import load_from_local, trust_checkpoints


def history(*values: float) -> HistoryBuffer:
    return HistoryBuffer(list(values), [1] * len(values))


def state_dict() -> OrderedDict:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)).state_dict()


def mmengine_3() -> dict:
    """A training that can go on: mmdet 3, mmpretrain 1."""
    meta = dict(
        cfg="model = dict(type='FasterRCNN')\n",
        dataset_meta=ConfigDict(classes=('cat', 'dog'), palette=[(1, 2, 3)]),
        seed=None,
        time='20240101_000000',
        epoch=3,
        iter=np.int64(12),
    )
    scalars = OrderedDict({'train/loss': history(2.0, 1.0, 0.5), 'val/mAP': history(0.25)})
    hub = dict(
        log_scalars=scalars,
        runtime_info=OrderedDict(best=np.float64(0.5), flag=np.bool_(True), shape=np.arange(3)),
        resumed_keys=OrderedDict({'train/loss': True}),
    )
    schedule = dict(
        milestones=Counter([8, 11, 11]),
        anneal_func=OneCycleParamScheduler._annealing_cos,
        end=float('inf'),
    )
    optimizer = dict(
        state={0: dict(step=torch.tensor(3.0), momentum_buffer=torch.ones(2, dtype=torch.half))},
        param_groups=[dict(lr=0.1, betas=(0.9, 0.999), nesterov=False, foreach=None, params=[0])],
    )
    return dict(
        meta=meta,
        state_dict=state_dict(),
        message_hub=hub,
        optimizer=optimizer,
        param_schedulers=[schedule],
        ema_state_dict=OrderedDict(steps=torch.tensor(4)),
    )


def mmdet_2() -> dict:
    meta = dict(mmdet_version='2.25.0', config='model = dict()', CLASSES=('cat',), epoch=12)
    return dict(meta=meta, state_dict=state_dict())


def mmcls() -> dict:
    state = OrderedDict((f'backbone.{name}', value) for name, value in state_dict().items())
    return dict(meta={'CLASSES': ['cat', 'dog'], 'big': 2**70}, state_dict=state)


def arrays() -> dict:
    kinds = ('bool', 'int8', 'uint16', 'int32', 'int64', 'float16', '>f4', 'float64', 'complex64')
    return {kind: np.arange(6).reshape(2, 3).astype(kind).T for kind in kinds}


def parameters() -> dict:
    """Parameters where a state dict has tensors; a view; all usual types; the other containers."""
    base = torch.arange(6.0)
    types = (torch.bfloat16, torch.half, torch.double, torch.uint8, torch.bool, torch.long)
    return dict(
        weight=nn.Parameter(torch.ones(2)),
        views=[base, base[2:4].view(1, 2)],
        types={str(kind): torch.ones(1, dtype=kind) for kind in types},
        dtype=torch.float32,
        size=torch.Size([1, 2]),
        device=torch.device('cpu'),
        names={'a', 'b'},
        part=slice(1, None),
        raw=b'\x00\xff',
    )


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, HistoryBuffer):
        return all(np.array_equal(*pair) for pair in zip(a.data, b.data, strict=True))
    if isinstance(a, np.ndarray):
        native = b.dtype.newbyteorder('=')  # as numpy itself unpickles it
        return a.dtype == native and np.array_equal(a, b)
    if isinstance(a, dict):
        metadata = [getattr(x, '_metadata', None) for x in (a, b)]
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a) and same(*metadata)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize('make', [mmengine_3, mmdet_2, mmcls, arrays, parameters])
@pytest.mark.parametrize(
    'options',
    [dict(), dict(_use_new_zipfile_serialization=False), dict(pickle_protocol=4)],
    ids=['zip', 'before torch 1.6', 'protocol 4'],
)
def test_published_layouts_load(make, options, tmp_path):
    content = make()
    torch.save(content, tmp_path / 'a.pth', **options)
    assert same(load_from_local(str(tmp_path / 'a.pth'), 'cpu'), content)


def test_a_history_goes_on(tmp_path):
    """What --resume needs of it: statistics, and that the next checkpoint can be written."""
    torch.save(mmengine_3(), tmp_path / 'a.pth')
    for _ in range(2):
        loaded = load_from_local(str(tmp_path / 'a.pth'), 'cpu')
        torch.save(loaded, tmp_path / 'a.pth')
    buffer = loaded['message_hub']['log_scalars']['train/loss']
    buffer.update(0.5)
    assert [buffer.statistics(name) for name in ('mean', 'min', 'max', 'current')] == [
        1,
        0.5,
        2,
        0.5,
    ]


def test_arrays_of_the_other_numpy_load(tmp_path):
    """numpy 2 has renamed the modules that its pickles name."""
    file = tmp_path / 'a.pth'
    torch.save(arrays() | dict(x=np.float64(2)), file, _use_new_zipfile_serialization=False)
    here, there = b'numpy.core.', b'numpy._core.'
    if np.__version__ >= '2':
        here, there = there, here
    written = file.read_bytes()
    assert here in written
    file.write_bytes(written.replace(here, there))
    assert same(load_from_local(str(file), 'cpu'), arrays() | dict(x=np.float64(2)))


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('trick', payloads(Path()))
def test_nothing_in_a_checkpoint_runs(trick, zipped, tmp_path):
    marker, file = tmp_path / 'marker', tmp_path / 'bad.pth'
    content = mmengine_3()
    content['optimizer']['state'][0]['exp_avg'] = payloads(marker)[trick]
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    marker.unlink(missing_ok=True)
    with pytest.raises(InputError, match='could run any code.*--trust-checkpoint') as error:
        load_from_local(str(file), 'cpu')
    assert str(file) in str(error.value) and '\n' not in str(error.value)
    assert not marker.exists()
    with trust_checkpoints():
        load_from_local(str(file), 'cpu')
    assert marker.exists()  # the file is what it claims to be


def load(content: bytes) -> Any:
    return data_pickle.load(io.BytesIO(b'\x80\x02' + content + b'.'))


def name(module: str, attribute: str) -> bytes:
    return f'c{module}\n{attribute}\n'.encode()


def text(value: str) -> bytes:
    return b'X' + len(value).to_bytes(4, 'little') + value.encode()


ORDERED = name('collections', 'OrderedDict') + b')R'  # OrderedDict()
HISTORY = name('mmengine.logging.history_buffer', 'HistoryBuffer')
DTYPE = name('numpy', 'dtype')
EMPTY_ARRAY = (
    name('numpy.core.multiarray', '_reconstruct') + b'(' + name('numpy', 'ndarray') + b')NtR'
)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (name('os', 'system'), 'os.system'),
        (name('builtins', 'eval'), 'builtins.eval'),
        (name('__builtin__', 'eval'), 'builtins.eval'),
        (name('builtins', 'getattr.__self__'), 'builtins.getattr.__self__'),
        (text('os') + text('system') + b'\x93', 'os.system'),
        (name('torch', 'load'), 'torch.load'),
        (name('torch.storage', '_load_from_bytes'), '_load_from_bytes'),
        (name('numpy', 'load'), 'numpy.load'),
        (name('functools', 'partial'), 'functools.partial'),
        (name('copyreg', '_reconstructor'), '_reconstructor'),
        (b'(ios\nsystem\n', 'an instruction'),
        (b'(' + ORDERED + b'o', 'an instruction'),
        (HISTORY + b')}\x92', 'an instruction'),
        (b'\x82\x01', 'an instruction'),
        (name('builtins', 'getattr') + HISTORY + text('__init__') + b'\x86R', 'getattr'),
        (name('builtins', 'getattr') + DTYPE + text('str') + b'\x86R', 'getattr'),
        (
            name('builtins', 'getattr') + HISTORY + text('mean') + b'\x86R' + b'K\x01\x85R',
            'applied to something other than data',
        ),
        (HISTORY + b')R', 'other than data'),
        (name('numpy', 'ndarray') + b')\x81', 'other than data'),
        (HISTORY + b'K\x01\x85\x81', 'other than data'),
        (ORDERED + b'}' + text('copy') + b'K\x01sb', 'other than data'),
        (ORDERED + b'}' + text('_metadata') + b'K\x01sb', 'other than data'),
        (ORDERED + b'}' + text('_metadata') + b'}' + text('') + b'K\x01ssb', 'other than data'),
        (HISTORY + b'}' + text('update') + b'K\x01sb', 'other than data'),
        (name('collections', 'Counter') + b')R}' + text('x') + b'K\x01sb', 'other than data'),
        (text('module') + b'\x85Q', 'other than data'),
        (name('_codecs', 'encode') + text('x') + text('rot13') + b'\x86R', 'another encoding'),
        (DTYPE + text('O') + b'\x85R', 'other than numbers'),
        (DTYPE + text('i8,O') + b'\x85R', 'other than numbers'),
        (EMPTY_ARRAY.replace(name('numpy', 'ndarray'), HISTORY), 'another class'),
        (EMPTY_ARRAY + b'(K\x01)NNNtb', 'other than data'),
    ],
)
def test_instructions_that_data_does_not_need(content, words):
    with pytest.raises(pickle.UnpicklingError, match=words):
        load(content)


def test_a_history_brings_no_statistics_of_its_own():
    """They lie in the class, and a file could exchange those of every buffer."""
    before = dict(HistoryBuffer()._statistics_methods)
    state = b'}' + text('statistics_methods') + b'}' + text('mean') + text('x') + b'ss'
    for key in ('max_length', '_log_history', '_count_history'):
        state += text(key) + b'K\x01s'
    assert isinstance(load(HISTORY + b')\x81' + state + b'b'), HistoryBuffer)
    assert HistoryBuffer._statistics_methods == before


def test_archives_that_torch_would_not_leave_to_us(tmp_path):
    torch.jit.script(nn.ReLU()).save(tmp_path / 'program.pth')
    with tarfile.open(tmp_path / 'old.pth', 'w') as tar:
        tar.addfile(tarfile.TarInfo('storages'))
    for file, words in (('program.pth', 'a TorchScript program'), ('old.pth', 'a tar archive')):
        with pytest.raises(InputError, match=f'{file}: asks for {words}'):
            load_from_local(str(tmp_path / file))


def test_a_whole_model_is_refused_by_the_name_of_its_class(tmp_path):
    torch.save(nn.ReLU(), tmp_path / 'model.pth')
    with pytest.raises(InputError, match=r'asks for torch\.nn\.modules\.activation\.ReLU'):
        load_from_local(str(tmp_path / 'model.pth'))


def nested(depth, shared):
    """``depth`` tuples within each other, each holding the next twice if it is shared."""
    return b'K\x01' + (b'q\x00h\x00\x86' if shared else b'\x85') * depth


@pytest.mark.parametrize(
    'pickled',
    [
        b'}' + nested(50_000, False) + b'K\x01s',  # hashing ends the process
        b'}' + nested(60, True) + b'K\x01s',  # hashing takes for ever
        b'\x8f(' + nested(60, True) + b'\x90',
        b'cmmengine.config.config\nConfigDict\n}X\x01\x00\x00\x00a' + nested(60, True) + b's\x85R',
    ],
)
def test_small_pickles_that_would_never_end(pickled):
    with pytest.raises(pickle.UnpicklingError):
        load(pickled)
