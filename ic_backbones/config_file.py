"""The one way to read a config file."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmengine.config import Config

from .config_values import check_values
from .config_variables import copy_with
from .errors import InputError, did_you_mean, one_line

CONFIGS = Path(__file__).parent / '.mim' / 'configs'


def config(name: str) -> str:
    """The path of a config that the package ships.

    Args:
        name: Its path below ``configs/``, with or without ``.py``, such as
            ``'faster_rcnn_ic_r50_voc'`` or ``'cifar10/ic_resnet18_200e'``.

    Raises:
        InputError: There is no such config.
    """
    path = shipped(name)
    if path.is_file():
        return str(path.resolve())
    known = [str(path.relative_to(CONFIGS))[:-3] for path in CONFIGS.glob('**/*.py')]
    hint = did_you_mean(_plain(name), known, f'see {CONFIGS.resolve()}')
    raise InputError(f'{name}: no such config file, and no config of ic_backbones; {hint}')


def shipped(name: str) -> Path:
    """The file of a config that the package ships, if it has one of this name."""
    return CONFIGS / f'{_plain(name)}.py'


def _plain(name: str) -> str:
    return name.removeprefix('configs/').removesuffix('.py')


def find_config(path: str | Path) -> str | Path:
    """``path`` if it is a file, and otherwise the config of this name.

    Raises:
        InputError: There is neither.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f'{path}: no such config file; see configs/')
    return path if os.path.isfile(path) else config(str(path))


def read_config(path: str | Path, values: Mapping[str, Any] | None = None) -> Config:
    """Read a config file together with the files that it inherits from.

    Args:
        path: The file, or the name of one that the package ships.
        values: Other values for variables that the file assigns; whatever it computes from them
            changes as well.

    Raises:
        InputError: The file does not exist, it or one of its bases cannot be read, or it has a
            value that makes no sense.
    """
    path = find_config(path)
    _require_no_circle(Path(path).resolve())
    try:
        with TemporaryDirectory() as folder:
            cfg = Config.fromfile(copy_with(values, Path(path), Path(folder)) if values else path)
    except Exception as error:  # a config is code: it can raise anything
        raise InputError(
            f'{path}: the config cannot be read, {one_line(error)}; correct it, or its _base_'
        ) from error
    object.__setattr__(cfg, '_filename', str(path))  # not that of the copy
    check_values(cfg, str(path))
    return cfg


def whole_model(cfg: Config) -> dict:
    """A copy of a config's model with its ``data_preprocessor``, as mmengine's Runner makes it."""
    model = cfg.model.copy()
    if cfg.get('data_preprocessor') is not None:
        model.setdefault('data_preprocessor', cfg.data_preprocessor)
    return model


def _require_no_circle(path: Path, heirs: tuple[Path, ...] = ()) -> None:
    """Refuse a file that inherits from itself: mmengine would recurse up to Python's limit."""
    if path in heirs:
        names = ' -> '.join(file.name for file in (*heirs[heirs.index(path) :], path))
        raise InputError(f'{path}: the config inherits from itself ({names}); correct its _base_')
    try:
        bases = [(path.parent / base).resolve() for base in Config._get_base_files(str(path))]
    except Exception:  # mmengine reports whatever else is wrong
        return
    for base in bases:
        _require_no_circle(base, (*heirs, path))
