"""The one way to read a config file."""

import ast
import os
from pathlib import Path

from mmengine.config import Config

from .config_values import check_values
from .errors import InputError, one_line


def read_config(path: str | Path) -> Config:
    """Read a config file together with the files that it inherits from.

    Raises:
        InputError: The file does not exist, or it or one of its bases cannot be read, or it
            has a value that cannot be meant.
    """
    if not isinstance(path, str | os.PathLike) or not os.path.isfile(path):
        raise InputError(f'{path}: no such config file; see configs/')
    _require_no_circle(Path(path).resolve())
    try:
        cfg = Config.fromfile(path)
    except Exception as error:  # a config is code: it can raise anything
        raise InputError(
            f'{path}: the config cannot be read, {one_line(error)}; correct it, or its _base_'
        ) from error
    check_values(cfg, str(path))
    return cfg


def _require_no_circle(path: Path, heirs: tuple[Path, ...] = ()) -> None:
    """Refuse a file that inherits from itself, which mmengine would read until Python's limit."""
    if path in heirs:
        names = ' -> '.join(file.name for file in (*heirs[heirs.index(path) :], path))
        raise InputError(f'{path}: the config inherits from itself ({names}); correct its _base_')
    for base in _bases(path):
        _require_no_circle((path.parent / base).resolve(), (*heirs, path))


def _bases(path: Path) -> list[str]:
    """The files that ``path`` names as its bases; whatever else is wrong in it, mmengine says."""
    try:
        for node in ast.parse(path.read_text(encoding='utf-8')).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '_base_':
                bases = ast.literal_eval(node.value)
                return [bases] if isinstance(bases, str) else [str(base) for base in bases]
    except (OSError, SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        pass
    return []
