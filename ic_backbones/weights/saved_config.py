"""The config that mmengine saves in a checkpoint, read as data: its text is never run."""

import ast
import re
from typing import Any

from mmengine.config import Config

from ..errors import InputError, one_line

_IMPORTS = ['ic_backbones']
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
