"""The backbone of a trained classifier as a small file, ``.pth`` or ``.safetensors``."""

import hashlib
import io
from contextlib import suppress
from pathlib import Path

import torch
from mmengine.config import Config
from torch import Tensor, nn

from .._requirements import require_extra
from ..atomic_write import write_atomically
from ..backbones.outputs import outputs
from ..errors import BUILD_ERRORS, InputError, writing
from ..registry import MODELS
from .checkpoint import BACKBONE, Checkpoint
from .match import below
from .registered import require_registered

_OF_THE_DETECTOR = dict(frozen_stages=1, norm_eval=True)  # as the base config has them
_MOST_MAPS = 20


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
            f"{checkpoint.source}: holds W' as the factor of a sum, an old form that the files "
            'could not tell from the present one; load it into its network, save that, and give '
            'the new file'
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


def init_cfg_lines(checkpoint: Checkpoint, file: str | Path) -> str:
    """The lines of a detector's config that take ``file`` for its backbone.

    They fit below mmdet's Faster R-CNN with ResNet-50 and an FPN, whose frozen stage and norms they
    keep. The config that mmengine saves in a checkpoint tells which backbone it is; without one,
    the lines hold the weights alone.

    Args:
        checkpoint: The checkpoint that ``file`` was exported from.
        file: The file of the backbone.
    """
    model = (checkpoint.config or {}).get('model')
    backbone = model.get('backbone') or {} if isinstance(model, dict) else {}
    weights = dict(init_cfg=dict(type='Pretrained', checkpoint=str(file)))
    if not backbone:
        return Config(dict(model=dict(backbone=weights))).pretty_text.strip()
    maps = _maps_for_fpn(backbone, checkpoint.source)
    indices, channels, strides = zip(*maps, strict=True) if maps else ((), (), ())
    settings = dict(_OF_THE_DETECTOR, out_indices=indices) if maps else {}
    lines = dict(model=dict(backbone=dict(_with(backbone, weights | settings), _delete_=True)))
    if maps:
        lines['model']['neck'] = dict(in_channels=list(channels))
    if any(name.endswith('.alpha') for name in checkpoint.tensors):  # decay would pull it to 0
        lines['optim_wrapper'] = dict(
            paramwise_cfg=dict(custom_keys={'.alpha': dict(decay_mult=0.0)})
        )
    return _note(strides) + Config(lines).pretty_text.strip()


def _note(strides: tuple[int, ...]) -> str:
    if not strides:
        return '# Its maps are not known: give it out_indices, and the neck in_channels.\n'
    if strides == (4, 8, 16, 32):
        return ''
    listed = ', '.join(map(str, strides))
    return f'# Its maps have strides of {listed}: give them to the anchors and the RoI extractor.\n'


def _maps_for_fpn(backbone: dict, source: str) -> list[tuple[int, int, int]]:
    """Index, channels and stride of the last map of each stride, four at most; [] if unknown."""
    with suppress(*BUILD_ERRORS):
        require_registered(backbone, source)
        channels, strides = outputs(_with_all_maps(backbone))
        if channels and 0 not in strides:
            maps = enumerate(zip(channels, strides, strict=True))
            return list({stride: (i, width, stride) for i, (width, stride) in maps}.values())[-4:]
    return []


def _with_all_maps(backbone: dict) -> nn.Module:
    """The backbone with as many ``out_indices`` as it takes."""
    for count in range(_MOST_MAPS, 0, -1):
        settings = dict(_OF_THE_DETECTOR, out_indices=tuple(range(count)))
        with suppress(*BUILD_ERRORS):
            return MODELS.build(_with(backbone, settings))
    raise ValueError('the backbone cannot be built')


def _with(backbone: dict, settings: dict) -> dict:
    """A backbone's config, whose innermost one has ``settings`` in place of the classifier's."""
    if not isinstance(backbone, dict) or not isinstance(backbone.get('type', ''), str):
        raise InputError('model.backbone: is not a config of a backbone; give another checkpoint')
    replaced = {'init_cfg', 'out_indices', *_OF_THE_DETECTOR}
    backbone = {key: value for key, value in backbone.items() if key not in replaced}
    if '.' not in backbone.get('type', '.'):
        backbone['type'] = f'mmpretrain.{backbone["type"]}'  # a detector's scope is another
    if 'backbone' in backbone:  # an adapted one
        return dict(backbone, backbone=_with(backbone['backbone'], settings))
    return dict(backbone, **settings)
