"""The one way to read a config file."""

import os
from pathlib import Path

from mmengine.config import Config

from .errors import InputError, one_line


def read_config(path: str | Path) -> Config:
    """Read a config file together with the files that it inherits from.

    Raises:
        InputError: The file does not exist, or it or one of its bases cannot be read.
    """
    if not os.path.isfile(path):
        raise InputError(f'{path}: no such config file; see configs/')
    try:
        return Config.fromfile(path)
    except Exception as error:  # a config is code: it can raise anything
        raise InputError(
            f'{path}: the config cannot be read, {one_line(error)}; correct it, or its _base_'
        ) from error
