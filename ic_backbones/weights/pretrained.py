"""Loading a checkpoint into a network by name, never silently.

mmengine loads with ``strict=False``: a checkpoint of another layout leaves the model random, and
only a long list in the log says so. Here it is an error if less than half of the tensors match.
"""

import logging
from collections import OrderedDict

import torch.nn as nn
from mmengine.logging import print_log
from torch import Tensor

from .checkpoint import Checkpoint
from .match import Match, below, compare, first, with_dot


class AdaptsState(nn.Module):
    """Mixin of the networks that load a plain network's checkpoint of another layout.

    What :meth:`adapt_state` changes, it changes for every way of loading: ``load_state_dict``,
    ``load_from``, ``--resume`` and ``init_cfg``.
    """

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of a checkpoint, by their names in this network, as it must load them.

        It also gets the network's own states, whose tensors it must not change.
        """
        return state

    def new_tensors(self) -> set[str]:
        """The state-dict names of the tensors that a plain network's checkpoint cannot hold."""
        return set()

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *args) -> None:
        own = below(state, prefix)
        for name in own:
            del state[prefix + name]
        state.update({prefix + name: value for name, value in self.adapt_state(own).items()})
        super()._load_from_state_dict(state, prefix, *args)


def load_by_name(net: nn.Module, checkpoint: Checkpoint, prefix: str | None = None) -> None:
    """Load a plain network's checkpoint, or its own, into ``net``, and log one line about it.

    Args:
        net: The network.
        checkpoint: The checkpoint.
        prefix: The prefix of the network in it: ``'backbone.'`` with mmpretrain and mmdet.

    Raises:
        InputError: Less than half of the network's tensors match.
    """
    prefix = with_dot(prefix)
    given = below(checkpoint.tensors, prefix)
    new: set[str] = set()
    if isinstance(net, AdaptsState):
        given, new = net.adapt_state(given), net.new_tensors()
    others = {k: v for k, v in checkpoint.tensors.items() if not k.startswith(prefix)}
    state = others | {prefix + name: value for name, value in given.items()}
    match = compare(net.state_dict(), state, checkpoint.source, prefix, new)
    match.require_half()
    fitting = {name: value for name, value in given.items() if name not in match.mismatched}
    net.load_state_dict(with_versions(fitting, net, checkpoint, prefix), strict=False)
    _report(match)


def with_versions(
    state: dict[str, Tensor], net: nn.Module, checkpoint: Checkpoint, prefix: str = ''
) -> OrderedDict[str, Tensor]:
    """``state`` with the versions that its checkpoint notes for the modules of a network.

    PyTorch notes them by the paths of the modules, which DDP and adapted backbones lengthen and
    the names of the tensors do not show.

    Args:
        state: The tensors, by their names in ``net``.
        net: The network that they will be loaded into.
        checkpoint: The checkpoint that they come from.
        prefix: The prefix of the network in the checkpoint.
    """
    state = OrderedDict(state)
    state._metadata = {
        path: dict(version=version)
        for path, _ in net.named_modules()
        if (version := checkpoint.version(prefix + path)) is not None
    }
    return state


def load_pretrained(
    net: nn.Module, checkpoint: str, prefix: str | None = None, map_location: str = 'cpu'
) -> None:
    """What ``init_cfg=dict(type='Pretrained', ...)`` asks for.

    Args:
        net: The network.
        checkpoint: The file or address, such as ``torchvision://resnet50``.
        prefix: The prefix of the network in it: ``'backbone.'`` with mmpretrain and mmdet.
        map_location: The device of the tensors, as in ``torch.load``.

    Raises:
        InputError: The checkpoint cannot be read, or matches less than half of the network.
    """
    advice = (
        'give a file that is there, `--cfg-options model.backbone.init_cfg.checkpoint=FILE`, or '
        'start from scratch, `--cfg-options model.backbone.init_cfg=None` (configs/'
        'faster_rcnn_ic_r50_voc_scratch.py shows what that takes)'
    )
    load_by_name(net, Checkpoint.read(checkpoint, map_location, advice), prefix)


def _report(match: Match) -> None:
    ignored = f' ({first(match.unexpected)})' if match.unexpected else ''
    print_log(
        f'{match.source}: {len(match.matched)} tensors matched, {len(match.new)} new, '
        f'{len(match.unexpected)} ignored{ignored}',
        logger='current',
    )
    if match.needed:
        print_log(
            f'{match.source}: leaves {len(match.needed)} tensors at their initial values: '
            f'{first(match.needed)}',
            logger='current',
            level=logging.WARNING,
        )
