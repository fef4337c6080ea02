"""What the log says when a checkpoint has been loaded into a network with IC layers."""

import logging

from mmengine.logging import print_log
from torch import nn

from ..ops.ic_layer import ICLayer, ic_layers


def log_ic_start(net: nn.Module, _) -> None:
    """Say how the IC layers start; a hook for ``register_load_state_dict_post_hook``."""
    loaded = {
        name: layer
        for name, layer in ic_layers(net).items()
        if layer.found is not None and not layer.w_prime.is_meta
    }
    trained = {name: layer for name, layer in loaded.items() if 'w_prime' in layer.found}
    _log_plain_start({name: layer for name, layer in loaded.items() if name not in trained})
    _log_alpha_mismatch(list(trained.values()))


def _log_plain_start(layers: dict[str, ICLayer]) -> None:
    random = [name for name, layer in layers.items() if not layer.is_plain]
    frozen = [
        name
        for name, layer in layers.items()
        if not (layer.w_prime.requires_grad or layer.get_parameter(layer.scaled_to).requires_grad)
    ]
    if random:
        _warn(
            f"{len(random)} IC layers start from plain weights with alpha != 0: W' is random, "
            "so the features are not the plain network's; give alpha=0.0, alpha_mode='learned' "
            'to keep them'
        )
    elif frozen:
        print_log(
            f'{len(frozen)} IC layers in frozen stages start from plain weights and stay plain: '
            + ', '.join(frozen),
            logger='current',
        )


def _log_alpha_mismatch(trained: list[ICLayer]) -> None:
    """Warn if W' was trained under another alpha than it meets here."""
    without = [
        layer for layer in trained if layer.alpha_mode != 'constant' and 'alpha' not in layer.found
    ]
    if without:
        _warn(
            f"the checkpoint has a trained W' and no alpha for {len(without)} IC layers: it "
            'was trained with a constant one; give that, for example alpha=1.0, '
            "alpha_mode='constant'"
        )
    if any(layer.alpha_mode == 'constant' and 'alpha' in layer.found for layer in trained):
        _warn(
            "the checkpoint holds learned or scheduled alphas, which alpha_mode='constant' "
            "ignores; give alpha_mode='learned'"
        )


def _warn(sentence: str) -> None:
    print_log(sentence, logger='current', level=logging.WARNING)
