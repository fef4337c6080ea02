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
    full = f'{owner.__module__}.{owner.__name__}.{name}'
    if full not in _METHODS:
        raise ForeignObject(f'getattr(..., {name!r})')
    return _METHODS[full]


def _latin1(text: str, encoding: str) -> bytes:
    """Pickled in place of ``_codecs.encode``: bytes, as protocol 2 writes them."""
    if encoding != 'latin1':
        raise Error(f'bytes encoded as {encoding!r}')
    return text.encode('latin1')


def _number_type(kind: str, align: bool = False, copy: bool = True) -> np.dtype:
    """Pickled in place of ``numpy.dtype``: only numbers, because an object is a memory address."""
    if not re.fullmatch(r'[biufc]\d{1,2}', kind):
        raise Error(f'a numpy array of type {kind!r}')
    return np.dtype(kind, copy=True)  # its byte order is set later


def _empty_array(kind: type, shape: tuple, typecode: bytes) -> np.ndarray:
    if kind is not np.ndarray:
        raise Error(f'a numpy array of class {kind}')
    return np.empty(0)


def _scalar(dtype: np.dtype, data: bytes) -> np.generic:
    return np.frombuffer(data, dtype)[0]


_FUNCTIONS: dict[str, Callable] = {
    'collections.Counter': Counter,
    'collections.OrderedDict': OrderedDict,
    'builtins.set': set,
    'builtins.slice': slice,
    'builtins.getattr': _method,
    '_codecs.encode': _latin1,
    'mmengine.config.config.ConfigDict': ConfigDict,
    'numpy.dtype': _number_type,
    **{
        f'numpy.{core}.multiarray.{name}': function
        for core in ('core', '_core')  # numpy 1 and 2
        for name, function in (('_reconstruct', _empty_array), ('scalar', _scalar))
    },
    'torch.Size': torch.Size,
    'torch.device': torch.device,
    'torch._utils._rebuild_tensor': torch._utils._rebuild_tensor,
    'torch._utils._rebuild_tensor_v2': torch._utils._rebuild_tensor_v2,
    'torch._utils._rebuild_parameter': torch._utils._rebuild_parameter,
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
    'APPEND APPENDS SETITEM SETITEMS ADDITEMS '
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

    def load_new(self) -> None:
        self._require(self.stack[-2] is HistoryBuffer and self.stack[-1] == ())
        self.load_newobj()

    def load_state(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is OrderedDict:  # a state dict keeps its modules' versions there
            self._require(state.keys() == {'_metadata'} and isinstance(state['_metadata'], dict))
            self._require(all(isinstance(notes, dict) for notes in state['_metadata'].values()))
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
        pickle.NEWOBJ[0]: load_new,
        pickle.BUILD[0]: load_state,
    }


def load(file, **options) -> Any:
    """Read one pickle, as ``pickle.load``."""
    return Unpickler(file, **options).load()
