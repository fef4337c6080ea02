"""The versions of layers in a checkpoint, which tell what an old ``w_prime`` holds.

PyTorch notes them by the paths of the modules. mmengine renames the tensors when it loads them, or
leaves the notes out, so the version of each ``W'`` is kept for the tensor itself as well.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..ops.ic_layer import W_PRIME_NAMES, loaded_versions


def bare(path: str) -> str:
    """A module's path without what adapted backbones and DDP leave out of the tensors' names."""
    return '.'.join(part for part in path.split('.') if part not in ('backbone', 'module'))


def versions_in(state: Any) -> dict[str, int]:
    """The versions that a state dict notes, by the bare paths of the modules."""
    noted = getattr(state, '_metadata', {}).items()
    return {bare(path): notes['version'] for path, notes in noted if notes.get('version')}


def keep_versions(content: Any) -> None:
    """Note the version of each ``W'`` in the state dicts of a checkpoint."""
    states = [content, *content.values()] if isinstance(content, Mapping) else []
    for state in states:
        versions = versions_in(state)
        for name, tensor in state.items() if versions else ():
            ends = (end for end in W_PRIME_NAMES if f'.{name}'.endswith(f'.{end}'))
            if isinstance(tensor, Tensor) and (end := next(ends, None)):
                if version := versions.get(bare(name.removesuffix(end).rstrip('.'))):
                    loaded_versions[tensor] = version
