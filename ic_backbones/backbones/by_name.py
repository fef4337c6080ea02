"""Loading a plain network's weights by name into one of ours, when its weights are initialised."""

from collections.abc import Callable

from mmengine.model import BaseModule
from torch import Tensor

from ..checkpoint import Match, load_pretrained


def init_by_name(
    module: BaseModule,
    draw: Callable[[], None],
    done: Callable[[Match | None], None],
    adapt_state: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict,
) -> None:
    """Initialise ``module`` by its ``init_cfg``: ``Pretrained`` loads with a check and a log line.

    Args:
        module: Nothing happens to one that is initialised.
        draw: Draws its weights from all else in ``init_cfg``.
        done: Called after a drawing with None, after a loading with what matched.
        adapt_state: As in :func:`load_pretrained`.

    Raises:
        InputError: The checkpoint cannot be read or matches less than half of the network.
    """
    if module.is_init:
        return
    given = module.init_cfg
    cfgs = [given] if isinstance(given, dict) else list(given or ())
    pretrained = [cfg for cfg in cfgs if cfg['type'] == 'Pretrained']
    others = [cfg for cfg in cfgs if cfg['type'] != 'Pretrained']
    if others or not pretrained:
        module.init_cfg = others or None
        draw()
        module.init_cfg = given
        done(None)
    for cfg in pretrained:
        arguments = {key: value for key, value in cfg.items() if key != 'type'}
        done(load_pretrained(module, adapt_state=adapt_state, **arguments))
    module.is_init = True


class LoadsByName(BaseModule):
    """``init_cfg`` of ``type='Pretrained'`` loads by name, never silently.

    Raises:
        InputError: As :func:`init_by_name`.
    """

    def init_weights(self) -> None:
        init_by_name(self, super().init_weights, self.after_init, self.adapt_state)

    def adapt_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The checkpoint's tensors, below its prefix, as they are to be loaded."""
        return state

    def after_init(self, match: Match | None) -> None:
        """Called when the weights have been drawn (None) or a checkpoint has been loaded."""

    def train(self, mode: bool = True) -> 'LoadsByName':
        super().train(mode)
        return self  # mmpretrain's backbones do not
