"""The backbone of a trained classifier as a small file, ``.pth`` or ``.safetensors``."""

import hashlib
import io
from pathlib import Path

import torch
from torch import Tensor

from .._requirements import require_extra
from ..atomic_write import write_atomically
from ..errors import InputError, writing
from .checkpoint import BACKBONE, Checkpoint
from .match import below


def export_backbone(checkpoint: Checkpoint, stem: str | Path) -> list[Path]:
    """Write the backbone of a classifier's checkpoint, without optimizer, head and history.

    Args:
        checkpoint: The checkpoint of the classifier.
        stem: The folder of the files and the beginning of their names; the first eight digits of
            their SHA-256 and the suffix follow.

    Returns:
        The ``.safetensors`` and the ``.pth`` file, which hold the same tensors.

    Raises:
        InputError: No tensor's name begins with ``backbone.``, the checkpoint holds ``W'`` in an
            old form, the package safetensors is not installed, or a file cannot be written.
    """
    state = {
        name: value.detach().cpu().contiguous()
        for name, value in below(checkpoint.tensors, BACKBONE).items()
    }
    if not state:
        raise InputError(
            f'{checkpoint.source}: no tensor begins with {BACKBONE!r}; give the checkpoint of a '
            'whole classifier'
        )
    layers = [name.removesuffix('.w_prime') for name in state if name.endswith('.w_prime')]
    if any(_is_old(state, layer, checkpoint.version(BACKBONE + layer)) for layer in layers):
        raise InputError(
            f"{checkpoint.source}: holds W' as the factor of a sum, an old form that the exported "
            'files could not mark; load it into its network, save that, and give the new file'
        )
    require_extra('safetensors files', 'safetensors', 'tools')
    from safetensors.torch import save

    pickled = io.BytesIO()
    torch.save(dict(meta={}, state_dict=state), pickled)
    return [_write(stem, '.safetensors', save(state)), _write(stem, '.pth', pickled.getvalue())]


def _is_old(state: dict[str, Tensor], layer: str, version: int | None) -> bool:
    """Whether ``W'`` of a layer is in a form that ``ICLayer`` converts when it is loaded."""
    w_prime, weight = state[f'{layer}.w_prime'], state.get(f'{layer}.weight')
    is_equation_6 = w_prime.shape[1:] != (1, 1, 1) or (weight is not None and weight.shape[1] == 1)
    return version == 1 or (version == 2 and not is_equation_6)


def _write(stem: str | Path, suffix: str, data: bytes) -> Path:
    path = Path(f'{stem}-{hashlib.sha256(data).hexdigest()[:8]}{suffix}')
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    return path
