"""Loading weights without a silent failure.

mmengine loads with ``strict=False``: a checkpoint of another layout leaves the model random and
says so only in a long list. Here less than half of the tensors matched is an error.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch.nn as nn
from mmengine.logging import print_log
from mmengine.runner.checkpoint import CheckpointLoader, _load_checkpoint
from torch import Tensor

from .errors import InputError, one_line

BACKBONE = 'backbone.'  # the prefix in the checkpoint of a whole model
_IC_TENSORS = ('w_prime', 'alpha', 'inner_bias')
_IC_MODULES = ('norm_local',)


@dataclass
class Match:
    """How the tensors of a model and of a checkpoint fit, by name and shape."""

    matched: list[str]
    missing: list[str]
    mismatched: list[str]
    unexpected: list[str]
    likely_prefix: str | None

    def require_half(self, source: str) -> None:
        """Raise an InputError that names ``source`` if less than half of the model is matched."""
        total = len(self.matched) + len(self.missing) + len(self.mismatched)
        if 2 * len(self.matched) >= total:
            return
        parts = [f'{source} matches {len(self.matched)} of {total} tensors']
        for title in ('missing', 'mismatched', 'unexpected'):
            names = getattr(self, title)
            if names:
                parts.append(f'{title} {_first(names)}')
        if self.likely_prefix is None:
            way_out = 'it is a checkpoint of another network'
        elif self.likely_prefix == '':
            way_out = 'leave the prefix out'
        else:
            way_out = f'the likely prefix is {self.likely_prefix!r}'
        raise InputError('; '.join([*parts, way_out]))


def _first(names: list[str], count: int = 3) -> str:
    more = f' and {len(names) - count} more' if len(names) > count else ''
    return ', '.join(names[:count]) + more


def _likely_prefix(model: set[str], checkpoint: list[str], given: str) -> str | None:
    """The prefix under which most of the checkpoint's names are the model's, if not the given."""
    votes: Counter[str] = Counter()
    for name in checkpoint:
        parts = name.split('.')
        votes.update(
            '.'.join(parts[:i]) + '.' * (i > 0)
            for i in range(len(parts))
            if '.'.join(parts[i:]) in model
        )
    prefix = votes.most_common(1)[0][0] if votes else given
    return None if prefix == given else prefix


def compare(
    model: dict[str, Tensor], checkpoint: dict[str, Tensor], prefix: str | None = None
) -> Match:
    """Compare a model's state dict with what a checkpoint's holds below ``prefix``."""
    given = _strip(checkpoint, prefix)
    shared = [name for name in model if name in given]
    matched = [name for name in shared if model[name].shape == given[name].shape]
    return Match(
        matched=matched,
        missing=[name for name in model if name not in given],
        mismatched=[name for name in shared if model[name].shape != given[name].shape],
        unexpected=[name for name in given if name not in model],
        likely_prefix=_likely_prefix(set(model), list(checkpoint), _dotted(prefix)),
    )


def _dotted(prefix: str | None) -> str:
    return prefix.rstrip('.') + '.' if prefix else ''


def _strip(state: dict[str, Tensor], prefix: str | None) -> dict[str, Tensor]:
    prefix = _dotted(prefix)
    return {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}


def read_checkpoint(checkpoint: str) -> dict:
    """The content of a checkpoint file or address.

    Raises:
        InputError: it is not there, cannot be fetched or is not a checkpoint.
    """
    try:
        state = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    except FileNotFoundError as error:
        raise InputError(f'{checkpoint}: no such checkpoint; give one that is there') from error
    except Exception as error:  # unpickling a damaged file can raise anything
        raise InputError(
            f'{checkpoint}: cannot be read, {one_line(error)}; give the checkpoint of a training'
        ) from error
    if not isinstance(state, dict):
        raise InputError(f'{checkpoint}: holds a {type(state).__name__}, not a state dict')
    return state


def read_state_dict(checkpoint: str, map_location: str = 'cpu') -> dict[str, Tensor]:
    """The state dict of a file or address that mmengine can load.

    Raises:
        InputError: It cannot be fetched or read.
    """
    try:
        loaded = _load_checkpoint(checkpoint, map_location=map_location)
    except Exception as error:  # network, file system, pickle, zip: one sentence for all
        reason = ' '.join(str(error).split())[:200]
        raise InputError(
            f'the checkpoint {checkpoint} cannot be read ({type(error).__name__}: {reason}): '
            'give a file that is there, `--cfg-options model.backbone.init_cfg.checkpoint=FILE`, '
            'or start from scratch, `--cfg-options model.backbone.init_cfg=None` (configs/'
            'faster_rcnn_ic_r50_voc_scratch.py shows what that takes)'
        ) from error
    return tensors_of(loaded, checkpoint)


def tensors_of(loaded: dict, checkpoint: str) -> dict[str, Tensor]:
    """The state dict in what a checkpoint holds.

    Raises:
        InputError: There is none.
    """
    state = loaded.get('state_dict', loaded) if isinstance(loaded, dict) else None
    if not isinstance(state, dict) or not any(isinstance(v, Tensor) for v in state.values()):
        raise InputError(
            f'the checkpoint {checkpoint} holds no state dict; give the checkpoint of a training'
        )
    return {name: value for name, value in state.items() if isinstance(value, Tensor)}


def backbone_prefix(checkpoint: str) -> str | None:
    """``'backbone.'`` in a checkpoint of a whole model, else None.

    Raises:
        InputError: It cannot be read.
    """
    names = tensors_of(read_checkpoint(checkpoint), checkpoint)
    return BACKBONE if any(name.startswith(BACKBONE) for name in names) else None


def load_pretrained(
    module: nn.Module,
    checkpoint: str,
    prefix: str | None = None,
    map_location: str = 'cpu',
    adapt_state: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict,
) -> Match:
    """Load a plain or an IC checkpoint into ``module`` by name, and log one line about it.

    Args:
        module: The backbone.
        checkpoint: File or address, as mmengine takes it (``torchvision://resnet50``).
        prefix: Where the backbone lies in it: ``'backbone.'`` with mmpretrain and mmdet.
        map_location: As in ``torch.load``.
        adapt_state: Changes the tensors below the prefix before they are compared and loaded.

    Raises:
        InputError: It cannot be read, or matches less than half of the module's tensors.
    """
    state = read_state_dict(checkpoint, map_location)
    own = _strip(state, prefix)
    given = {_dotted(prefix) + name: value for name, value in adapt_state(own).items()}
    others = {name: value for name, value in state.items() if not name.startswith(_dotted(prefix))}
    match = compare(module.state_dict(), others | given, prefix)
    match.require_half(f'the checkpoint {checkpoint}' + (f' (prefix {prefix!r})' if prefix else ''))
    given = _strip(given, prefix)
    module.load_state_dict({name: given[name] for name in match.matched}, strict=False)
    _report(checkpoint, match)
    return match


def is_new(name: str) -> bool:
    parts = name.split('.')
    return parts[-1] in _IC_TENSORS or any(part in _IC_MODULES for part in parts)


def _report(checkpoint: str, match: Match) -> None:
    new = [name for name in match.missing if is_new(name)]
    print_log(
        f'{checkpoint}: {len(match.matched)} tensors matched, {len(new)} new (IC layers), '
        f'{len(match.unexpected)} ignored'
        + (f' ({_first(match.unexpected)})' * bool(match.unexpected)),
        logger='current',
    )
    left = [
        name
        for name in match.missing + match.mismatched
        if not is_new(name) and not name.endswith('num_batches_tracked')
    ]
    if left:
        print_log(
            f'{checkpoint} leaves {len(left)} tensors at their initial values: {_first(left)}',
            logger='current',
            level=30,
        )
