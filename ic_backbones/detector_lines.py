"""The lines of a detector's config that take the exported backbone of a classifier."""

from contextlib import suppress
from pathlib import Path

from mmengine.config import Config
from torch import nn

from .backbones.outputs import outputs
from .errors import BUILD_ERRORS, InputError
from .registry import MODELS
from .weights.checkpoint import Checkpoint
from .weights.registered import require_registered

_OF_THE_DETECTOR = dict(frozen_stages=1, norm_eval=True)  # as the base config has them
_MOST_MAPS = 20


def detector_lines(checkpoint: Checkpoint, file: str | Path) -> str:
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
