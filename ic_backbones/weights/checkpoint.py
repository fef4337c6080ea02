"""The one way to read a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from torch import Tensor

from ..errors import InputError, one_line

BACKBONE = 'backbone.'  # the prefix of the backbone in the checkpoint of a whole model
_ADVICE = 'give the checkpoint of a training'


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
    def read(cls, source: str, map_location: str = 'cpu', advice: str = _ADVICE) -> 'Checkpoint':
        """Read a checkpoint.

        Args:
            source: A file or an address that mmengine takes, such as ``torchvision://resnet50``.
            map_location: The device of the tensors, as in ``torch.load``.
            advice: What the error tells the user to do.

        Raises:
            InputError: The source is missing, cannot be read, or holds no state dict.
        """
        try:
            content = CheckpointLoader.load_checkpoint(source, map_location=map_location)
        except InputError:
            raise
        except FileNotFoundError as error:
            raise InputError(f'{source}: there is no such checkpoint; {advice}') from error
        except Exception as error:  # a damaged file, a network: anything can be raised
            raise InputError(f'{source}: cannot be read, {one_line(error)}; {advice}') from error
        return cls.of(content, source, advice)

    @classmethod
    def of(cls, content: Any, source: str, advice: str = _ADVICE) -> 'Checkpoint':
        """The checkpoint that has this content.

        Raises:
            InputError: The content holds no state dict.
        """
        state = content.get('state_dict', content) if isinstance(content, Mapping) else None
        items = state.items() if isinstance(state, Mapping) else ()
        tensors = {name: value for name, value in items if isinstance(value, Tensor)}
        if not tensors or not all(isinstance(name, str) for name in tensors):
            raise InputError(f'{source}: holds no state dict; {advice}')
        noted = getattr(state, '_metadata', {}).items()
        versions = {_bare(path): notes['version'] for path, notes in noted if 'version' in notes}
        return cls(source, content, tensors, versions)

    @property
    def meta(self) -> Mapping[str, Any]:
        """What mmengine notes beside the weights; empty where there is nothing."""
        meta = self.content.get('meta')
        return meta if isinstance(meta, Mapping) else {}

    @property
    def config(self) -> Config | None:
        """The config of the training, if mmengine saved it."""
        text = self.meta.get('cfg')
        return None if text is None else Config.fromstring(text, '.py')

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, if mmengine saved them; otherwise empty."""
        return tuple((self.meta.get('dataset_meta') or {}).get('classes') or ())

    @property
    def backbone_prefix(self) -> str | None:
        """``'backbone.'`` in the checkpoint of a whole model, None in that of a backbone."""
        return BACKBONE if any(name.startswith(BACKBONE) for name in self.tensors) else None

    def version(self, path: str) -> int | None:
        """The version of the state dict of the module at ``path``; None if it is not known."""
        return self.versions.get(_bare(path))


def _bare(path: str) -> str:
    """A module's path without the ``backbone`` that adapted backbones leave out of the names."""
    return '.'.join(part for part in path.split('.') if part != 'backbone')
