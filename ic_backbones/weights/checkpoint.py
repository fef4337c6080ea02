"""The one way to read a checkpoint."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from torch import Tensor

from ..errors import InputError, one_line
from .loader import ADVICE, CheckpointError
from .saved_config import parse_config
from .versions import bare, versions_in

BACKBONE = 'backbone.'  # the prefix of the backbone in the checkpoint of a whole model


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file or address holds.

    Attributes:
        source: The file or address.
        content: All that it holds, as mmengine saved it.
        tensors: The tensors of its state dict, by name.
        versions: What PyTorch noted as the version of each module's state dict; see
            :meth:`version`.
    """

    source: str
    content: Mapping[str, Any]
    tensors: dict[str, Tensor]
    versions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, source: str, map_location: str = 'cpu', advice: str = ADVICE) -> 'Checkpoint':
        """Read a checkpoint.

        Args:
            source: A file or an address that mmengine takes, such as ``torchvision://resnet50``.
            map_location: The device of the tensors, as in ``torch.load``.
            advice: What the error tells the user to do.

        Raises:
            InputError: The source is missing, cannot be read, or holds no state dict.
        """
        if not isinstance(source, str | os.PathLike):
            raise InputError(f'{source!r}: is not the path or address of a checkpoint; {advice}')
        source = os.fspath(source)
        try:
            content = CheckpointLoader.load_checkpoint(source, map_location, logger='silent')
        except CheckpointError as error:
            raise InputError(f'{error.problem}; {advice}') from error
        except (ImportError, OSError, ValueError) as error:  # s3:// without its package
            if isinstance(error, InputError):
                raise
            raise InputError(f'{source}: cannot be read, {one_line(error)}; {advice}') from error
        return cls.of(content, source, advice)

    @classmethod
    def of(cls, content: Any, source: str, advice: str = ADVICE) -> 'Checkpoint':
        """The checkpoint that has this content.

        Raises:
            InputError: The content holds no state dict, one with NaN in it, or a ``meta`` that is
                not a dict.
        """
        state = content.get('state_dict', content) if isinstance(content, Mapping) else None
        state = state if isinstance(state, Mapping) else {}
        tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
        if not tensors or not all(isinstance(name, str) for name in state):
            raise InputError(f'{source}: holds no state dict; {advice}')
        for name, tensor in tensors.items():
            size = tensor.numel() * tensor.element_size()
            if size > max(tensor.untyped_storage().nbytes(), 1_000_000):
                raise InputError(f'{source}: {name} is larger than what the file holds; {advice}')
            if _has_nan(tensor):  # but a mask may be infinite
                raise InputError(
                    f'{source}: {name} in it is NaN, because that training diverged; give an '
                    'earlier checkpoint'
                )
        if not isinstance(content.get('meta') or {}, Mapping):
            raise InputError(f'{source}: its meta is not a dict; {advice}')
        return cls(source, content, tensors, versions_in(state))

    @property
    def meta(self) -> Mapping[str, Any]:
        """What mmengine notes next to the weights; empty where there is nothing."""
        return self.content.get('meta') or {}

    @property
    def config(self) -> Config | None:
        """The config of the training, if mmengine saved it."""
        text = self.meta.get('cfg')
        return None if text is None else parse_config(text, self.source)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, if mmengine saved them; otherwise empty."""
        notes = self.meta.get('dataset_meta')
        names = notes.get('classes') if isinstance(notes, Mapping) else None
        return tuple(map(str, names)) if isinstance(names, list | tuple) else ()

    @property
    def backbone_prefix(self) -> str | None:
        """``'backbone.'`` in the checkpoint of a whole model, None in that of a backbone."""
        return BACKBONE if any(name.startswith(BACKBONE) for name in self.tensors) else None

    def version(self, path: str) -> int | None:
        """The version of the state dict of the module at ``path``; None if it is not known."""
        return self.versions.get(bare(path))


def _has_nan(tensor: Tensor) -> bool:
    if tensor.is_floating_point() and tensor.element_size() == 1:  # without an isnan of its own
        tensor = tensor.float()
    return (tensor.is_floating_point() or tensor.is_complex()) and bool(tensor.isnan().any())
