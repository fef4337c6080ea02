"""Loading a plain network's weights by name when a backbone's weights are initialised."""

from collections.abc import Callable
from contextlib import suppress

from mmengine.model import BaseModule, PretrainedInit
from mmengine.registry import WEIGHT_INITIALIZERS
from torch import nn

from ..errors import BUILD_ERRORS, InputError, one_line
from ..ops.ic_layer import ic_layers, ic_tensors
from ..weights.pretrained import AdaptsState, load_pretrained


def init_by_name(net: nn.Module, owner: BaseModule, draw: Callable[[], None]) -> None:
    """Initialise ``net``; an ``init_cfg`` of type ``Pretrained`` loads with a check and a log line.

    Args:
        net: The network whose weights are drawn or loaded.
        owner: The module with the ``init_cfg``, ``net`` or one in it. Nothing happens if it is
            initialised already.
        draw: Draws the weights from the rest of the ``init_cfg``.

    Raises:
        InputError: ``init_cfg`` cannot be used, or the checkpoint cannot be read or matches less
            than half of the network.
    """
    if owner.is_init:
        return
    given = owner.init_cfg
    pretrained, others = _divided(given)
    if others or not pretrained:
        owner.init_cfg = others or None
        try:
            draw()
        except BUILD_ERRORS as error:
            raise InputError(
                f'init_cfg: weights cannot be drawn by {others}, {one_line(error)}; correct it'
            ) from error
        owner.init_cfg = given
        for layer in ic_layers(net).values():
            layer.init_w_prime()  # to the scale that the weights have now
    for cfg in pretrained:
        load_pretrained(net, **{key: value for key, value in cfg.items() if key != 'type'})
    owner.is_init = True


def _divided(init_cfg: dict | list | None) -> tuple[list[dict], list[dict]]:
    """The configs that load a checkpoint, and those that draw."""
    cfgs = [init_cfg] if isinstance(init_cfg, dict) else init_cfg or []
    are_dicts = isinstance(cfgs, list | tuple) and all(
        isinstance(cfg, dict) and 'type' in cfg for cfg in cfgs
    )
    loading = [cfg for cfg in cfgs if _loads(cfg['type'])] if are_dicts else []
    if not are_dicts or not all(map(_is_usable, loading)):
        raise InputError(
            f"init_cfg: {init_cfg!r} is not dict(type='Pretrained', checkpoint=FILE, prefix=TEXT), "
            'a dict with another type, or a list of those; write one'
        )
    return loading, [cfg for cfg in cfgs if cfg not in loading]


def _loads(kind: object) -> bool:
    """Whether a type is mmengine's ``PretrainedInit``, under any of its names."""
    if isinstance(kind, str):
        with suppress(*BUILD_ERRORS):  # a name that does not exist is reported later
            kind = WEIGHT_INITIALIZERS.get(kind)
    return isinstance(kind, type) and issubclass(kind, PretrainedInit)


def _is_usable(cfg: dict) -> bool:
    texts = ('checkpoint', 'prefix', 'map_location')
    return (
        cfg.get('checkpoint') is not None
        and cfg.keys() <= {'type', *texts}
        and all(isinstance(cfg.get(key), str | None) for key in texts)
    )


class LoadsByName(AdaptsState, BaseModule):
    """Mixin of the backbones that load a plain network's weights by name, never silently."""

    def init_weights(self) -> None:
        """Draw or load the weights, as ``init_cfg`` says.

        Raises:
            InputError: A checkpoint cannot be read or matches less than half of the network.
        """
        init_by_name(self, self, super().init_weights)

    def new_tensors(self) -> set[str]:
        return ic_tensors(self)

    def train(self, mode: bool = True) -> 'LoadsByName':
        super().train(mode)
        return self  # mmpretrain's backbones do not
