"""Loading a plain network's weights by name into one of ours, when its weights are initialised."""

from mmengine.model import BaseModule
from torch import Tensor

from ..checkpoint import Match, load_pretrained


class LoadsByName(BaseModule):
    """``init_cfg`` of ``type='Pretrained'`` loads with a check and a log line, never silently.

    Raises:
        InputError: The checkpoint cannot be read or matches less than half of the network.
    """

    def init_weights(self) -> None:
        if self.is_init:
            return
        given = self.init_cfg
        cfgs = [given] if isinstance(given, dict) else list(given or ())
        pretrained = [cfg for cfg in cfgs if cfg['type'] == 'Pretrained']
        others = [cfg for cfg in cfgs if cfg['type'] != 'Pretrained']
        if others or not pretrained:
            self.init_cfg = others or None
            super().init_weights()
            self.init_cfg = given
            self.after_init()
        for cfg in pretrained:
            given = {key: value for key, value in cfg.items() if key != 'type'}
            self.after_load(load_pretrained(self, adapt=self.adapt, **given))
        self.is_init = True

    def adapt(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The checkpoint's tensors, below its prefix, as they are to be loaded."""
        return state

    def after_init(self) -> None:
        """Called when the weights have been drawn."""

    def after_load(self, match: Match) -> None:
        """Called when a checkpoint has been loaded."""
