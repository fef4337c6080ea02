"""The config that mmengine saves in a checkpoint, read as data: its text is never run."""

import ast
import re
from collections.abc import Iterator
from inspect import isclass
from typing import Any

import mmengine.registry
import mmpretrain.registry
from mmengine.config import Config
from mmengine.registry import Registry

from ..errors import InputError, one_line
from ..registry import MODELS

_IMPORTS = ['ic_backbones']
_SCOPES = 'mmengine', 'mmpretrain', 'ic_backbones'
_UNQUOTED = re.compile(r'[^\'"\\\n\r]*')


def parse_config(text: str, source: str) -> Config:
    """The config of which ``text`` is the ``pretty_text``.

    Args:
        text: Assignments of literals and of calls of ``dict``.
        source: The checkpoint, for the error.

    Raises:
        InputError: The text holds anything else.
    """
    try:
        return Config({_name(node): _value(node.value) for node in ast.parse(text).body})
    except (
        AttributeError,
        MemoryError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
        KeyError,
    ) as error:
        raise InputError(
            f'{source}: the config in it cannot be read as data ({one_line(error)}), and it is '
            'never run; give the config file of that training instead'
        ) from error


def is_data(text: Any) -> bool:
    """Whether mmengine, which runs the text of a config, would run and import nothing by it."""
    try:
        config = parse_config(text, 'the checkpoint')
        imports = config.get('custom_imports') or dict(imports=['ic_backbones'])
        return '_base_' not in config and '{{' not in text and imports['imports'] == _IMPORTS
    except (InputError, KeyError, TypeError):
        return False


def _name(node: ast.stmt) -> str:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    raise ValueError(f'line {node.lineno} is not an assignment')


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id='inf' | 'nan' as name):
            return float(name)
        case ast.Name() | ast.Attribute():  # a class is written as its dotted name
            return ast.unparse(node)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Set(elts=items):
            return {_value(item) for item in items}
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_key(k): _value(v) for k, v in zip(keys, values, strict=True)}
        case ast.Call(func=ast.Name(id='dict'), args=[ast.Dict() as mapping], keywords=[]):
            return _value(mapping)
        case ast.Call(func=ast.Name(id='dict'), args=[], keywords=keywords):
            if all(keyword.arg for keyword in keywords):
                return {keyword.arg: _value(keyword.value) for keyword in keywords}
    raise ValueError(f'line {node.lineno} holds {type(node).__name__}, not a value')


def _key(node: ast.expr) -> Any:
    key = _value(node)
    if isinstance(key, str) and not _UNQUOTED.fullmatch(key):  # mmengine prints keys unescaped
        raise ValueError(f'line {node.lineno} holds a key with a quotation mark or a line break')
    return key


def require_registered(config: Any, source: str) -> None:
    """Refuse a config that names anything but classes of mmpretrain's and this project's models.

    mmengine builds ``type='os.system'`` too: it imports what no registry holds, and it imports
    the package that a ``_scope_`` names. Classes of mmdet are left out, because one of them runs
    an argument as code; so are arguments that name files, which their classes may unpickle.

    Args:
        config: The config of a model, or a part of it.
        source: The checkpoint, for the error.

    Raises:
        InputError: A type is another function or class.
    """
    if isinstance(config, dict):
        if config.get('_scope_', 'mmpretrain') not in _SCOPES:
            raise InputError(
                f'{source}: the config in it asks for the scope {config["_scope_"]!r}; give the '
                'config file of that training instead'
            )
        paths = [key for key in config if str(key).endswith('_path')]
        if paths:
            raise InputError(
                f'{source}: the config in it names a file by {paths[0]}; give the config file of '
                'that training instead'
            )
        name = config.get('type')
        if isinstance(name, str) and not _is_registered(name):
            raise InputError(
                f'{source}: the config in it asks for type={name!r}, which is not a class that a '
                'registry holds; give the config file of that training instead'
            )
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            require_registered(value, source)


def _is_registered(name: str) -> bool:
    scope, _, name = name.rpartition('.')
    return any(
        scope in ('', registry.scope) and isclass(registry.module_dict.get(name))
        for registry in _registries()
    )


def _registries() -> Iterator[Registry]:
    for registry in (mmengine.registry.MODELS, mmpretrain.registry.MODELS, MODELS):
        registry.import_from_location()
        yield registry
    yield mmpretrain.registry.BATCH_AUGMENTS
    yield mmengine.registry.WEIGHT_INITIALIZERS
