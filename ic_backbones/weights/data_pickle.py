"""A pickle module for ``torch.load`` that builds data and runs nothing else.

A pickle is a program: it may import any function and call it. ``torch.load(weights_only=True)``
stops that, but PyTorch 2.1 has a fixed list there, without what mmengine saves (``Counter``, numpy,
``HistoryBuffer``), and mmengine's own list holds ``getattr``, from which every function can be
reached. This module interprets the instructions that ``torch.save`` writes, the same on every
version of PyTorch: a name is looked up in a table and never imported, only the functions of that
table are called, and an object's state is set only for four types, each after a check.
"""

import pickle
import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler

Error = pickle.UnpicklingError


class ForeignObject(Error):
    """A pickle names an object that data does not need; the message is its dotted name."""


# The functions that mmengine saves. Protocol 2 writes each as getattr(class, name).
_METHODS = {
    f'{owner.__module__}.{owner.__name__}.{name}': getattr(owner, name)
    for owner, names in (
        (HistoryBuffer, ('min', 'max', 'current', 'mean')),
        (OneCycleParamScheduler, ('_annealing_cos', '_annealing_linear')),
    )
    for name in names
}


def _method(owner: type, name: str) -> Callable:
    """Pickled in place of ``getattr``."""
    if not isinstance(owner, type) or type(name) is not str:
        raise ForeignObject('getattr')
    full = f'{owner.__module__}.{owner.__name__}.{name}'
    if full not in _METHODS:
        raise ForeignObject(f'getattr(..., {name!r})')
    return _METHODS[full]


def _latin1(text: str, encoding: str) -> bytes:
    """Pickled in place of ``_codecs.encode``: bytes, as protocol 2 writes them."""
    if encoding != 'latin1' or type(text) is not str:
        raise Error('bytes in another encoding than latin1')
    return text.encode('latin1')


def _number_type(kind: str, align: bool = False, copy: bool = True) -> np.dtype:
    """Pickled in place of ``numpy.dtype``: only numbers, because an object is a memory address."""
    if type(kind) is not str or not re.fullmatch(r'[biufc]\d{1,2}', kind):
        raise Error('a numpy array of something other than numbers')
    return np.dtype(kind, copy=True)  # its byte order is set later


def _empty_array(kind: type, shape: tuple, typecode: bytes) -> np.ndarray:
    if kind is not np.ndarray:
        raise Error('a numpy array of another class')
    return np.empty(0)


def _scalar(dtype: np.dtype, data: bytes) -> np.generic:
    return np.frombuffer(data, dtype)[0]


def _no_bytes() -> bytes:
    """Pickled in place of ``bytes``: empty ones, as protocol 2 writes them."""
    return b''


def _ordered_dict(pairs: Any = ()) -> OrderedDict:
    _require_keys([key for key, _ in pairs])
    return OrderedDict(pairs)


def _counter(counts: dict | None = None) -> Counter:
    if counts is not None and type(counts) is not dict:
        raise Error('a Counter of something other than a dict')
    return Counter(counts)


def _set(items: Any = ()) -> set:
    _require_keys(items)
    return set(items)


def _config(values: Any = ()) -> ConfigDict:
    """A ConfigDict copies what it holds, each time that it meets it: that must stay bounded."""
    if _expanded_size(values, {}) > _LARGEST_CONFIG:
        raise Error('a config of too many values')
    return ConfigDict(values)


def _expanded_size(value: Any, known: dict[int, int]) -> int:
    if not isinstance(value, dict | list | tuple):
        return 1
    if id(value) not in known:
        known[id(value)] = _LARGEST_CONFIG  # what holds itself has no end
        items = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_expanded_size(item, known) for item in items)
    return known[id(value)]


def _tensor(storage, offset, size, stride, requires_grad, *_) -> torch.Tensor:
    """Pickled in place of ``_rebuild_tensor_v2``, without hooks for the backward pass."""
    return torch._utils._rebuild_tensor_v2(
        storage, offset, size, stride, requires_grad, OrderedDict()
    )


def _parameter(data, requires_grad, *_) -> torch.nn.Parameter:
    return torch._utils._rebuild_parameter(data, requires_grad, OrderedDict())


def _require_keys(keys: Any) -> None:
    """Check that hashing the keys takes no more than a moment."""
    for key in keys:
        parts = key if type(key) is tuple else (key,)
        if any(type(part) not in _KEYS for part in parts):
            raise Error('a key that is neither a string, a number nor None')


_KEYS = str, bytes, int, float, bool, type(None)
_LARGEST_CONFIG = 1_000_000
_FUNCTIONS: dict[str, Callable] = {
    'collections.Counter': _counter,
    'collections.OrderedDict': _ordered_dict,
    'builtins.bytes': _no_bytes,
    'builtins.set': _set,
    'builtins.slice': slice,
    'builtins.getattr': _method,
    '_codecs.encode': _latin1,
    'mmengine.config.config.ConfigDict': _config,
    'numpy.dtype': _number_type,
    **{
        f'numpy.{core}.multiarray.{name}': function
        for core in ('core', '_core')  # numpy 1 and 2
        for name, function in (('_reconstruct', _empty_array), ('scalar', _scalar))
    },
    'torch.Size': torch.Size,
    'torch.device': torch.device,
    'torch._utils._rebuild_tensor': torch._utils._rebuild_tensor,
    'torch._utils._rebuild_tensor_v2': _tensor,
    'torch._utils._rebuild_parameter': _parameter,
}
_OBJECTS: dict[str, Any] = {
    'mmengine.logging.history_buffer.HistoryBuffer': HistoryBuffer,
    'mmengine.optim.scheduler.param_scheduler.OneCycleParamScheduler': OneCycleParamScheduler,
    'numpy.ndarray': np.ndarray,
    **{f'torch.{k}': v for k, v in vars(torch).items() if isinstance(v, torch.dtype)},
}
_NAMES = _FUNCTIONS | _OBJECTS | _METHODS
_INSTRUCTIONS = (
    'PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT '
    'BINUNICODE SHORT_BINUNICODE BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES '
    'EMPTY_DICT EMPTY_LIST EMPTY_SET EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 '
    'APPEND APPENDS '
    'BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL'
).split()


class Unpickler(pickle._Unpickler):
    """pickle's interpreter in Python, of whose instructions some are checked and most are left out.

    Raises:
        ForeignObject: The pickle names an object that is not in the table.
        pickle.UnpicklingError: It holds another instruction than data needs.
    """

    def find_class(self, module: str, name: str) -> Any:
        full = f'{module}.{name}'.replace('__builtin__.', 'builtins.', 1)  # Python 2's name
        if full not in _NAMES:
            raise ForeignObject(full)
        return _NAMES[full]

    def load_other(self) -> None:
        raise Error('it holds an instruction that torch.save does not write')

    def load_persistent_id(self) -> None:
        self._require(type(self.stack[-1]) is tuple and self.stack[-1][0] == 'storage')
        self.load_binpersid()

    def load_call(self) -> None:
        self._require(any(self.stack[-2] is function for function in _FUNCTIONS.values()))
        self.load_reduce()

    def load_one_item(self) -> None:
        *_, target, key, _ = self.stack
        self._require_dict(target, [key])
        self.load_setitem()

    def load_items(self) -> None:
        self._require_dict(self.metastack[-1][-1], self.stack[::2])
        self.load_setitems()

    def load_set_items(self) -> None:
        self._require(type(self.metastack[-1][-1]) is set)
        _require_keys(self.stack)
        self.load_additems()

    def _require_dict(self, target: Any, keys: list) -> None:
        self._require(type(target) in (dict, OrderedDict, Counter))  # a ConfigDict would expand
        _require_keys(keys)

    def load_new(self) -> None:
        self._require(self.stack[-2] is HistoryBuffer and self.stack[-1] == ())
        self.load_newobj()

    def load_state(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is OrderedDict:  # a state dict keeps its modules' versions there
            self._require(state.keys() == {'_metadata'} and isinstance(state['_metadata'], dict))
            for path, notes in state['_metadata'].items():
                self._require(isinstance(path, str) and isinstance(notes, dict))
                self._require(type(notes.get('version')) in (int, type(None)))
            target._metadata = state['_metadata']
        elif isinstance(target, np.dtype):
            self._require(state[1] in ('<', '>', '|', '='))
            target.__setstate__((3, state[1], None, None, None, -1, -1, 0))
        elif type(target) is np.ndarray:
            version, shape, dtype, fortran, data = state
            self._require(isinstance(dtype, np.dtype) and type(data) is bytes)
            target.__setstate__((version, shape, dtype, fortran, data))
        elif type(target) is HistoryBuffer:  # its class keeps the statistics, for all buffers
            kept = {key: state[key] for key in ('max_length', '_log_history', '_count_history')}
            target.__setstate__(kept)
        else:
            self._require(False)

    @staticmethod
    def _require(is_data: bool) -> None:
        if not is_data:
            raise Error('an instruction in it is applied to something other than data')

    dispatch = dict.fromkeys(range(256), load_other) | {
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]]
        for name in _INSTRUCTIONS
    }
    dispatch |= {
        pickle.BINPERSID[0]: load_persistent_id,
        pickle.REDUCE[0]: load_call,
        pickle.SETITEM[0]: load_one_item,
        pickle.SETITEMS[0]: load_items,
        pickle.ADDITEMS[0]: load_set_items,
        pickle.NEWOBJ[0]: load_new,
        pickle.BUILD[0]: load_state,
    }


def load(file, **options) -> Any:
    """Read one pickle, as ``pickle.load``."""
    return Unpickler(file, **options).load()
