"""What IC layers do when their network's weights have been drawn or loaded."""

import logging

from mmengine.logging import print_log
from torch import nn

from ..checkpoint import Match


def ic_layers(net: nn.Module) -> dict[str, nn.Module]:
    """The modules that hold a ``w_prime``, by name."""
    return {name: module for name, module in net.named_modules() if hasattr(module, 'w_prime')}


def start_ic_layers(net: nn.Module, match: Match | None) -> None:
    """Draw each ``W'`` that the checkpoint did not hold, to the scale that ``W`` has now.

    Args:
        net: The network.
        match: What a checkpoint held; None when the weights were drawn.
    """
    layers = ic_layers(net)
    new = {n: m for n, m in layers.items() if match is None or f'{n}.w_prime' in match.missing}
    for layer in new.values():
        layer.init_w_prime()
    if match is not None:
        _log_plain_start(new)
        _log_alpha_mismatch(match, [name for name in layers if f'{name}.w_prime' in match.matched])


def _log_plain_start(layers: dict[str, nn.Module]) -> None:
    """Say what IC layers do that start from a plain network's weights."""
    random = [name for name, layer in layers.items() if layer.alpha != 0]
    frozen = [name for name, layer in layers.items() if not layer.w_prime.requires_grad]
    if random:
        _warn(
            f"{len(random)} IC layers start from plain weights with alpha != 0: W' is random, "
            "so the features are not the plain network's; alpha=0.0, alpha_mode='learned' "
            'keeps them'
        )
    elif frozen:
        print_log(
            f'{len(frozen)} IC layers in frozen stages start from plain weights and stay at '
            'alpha = 0, the plain convolution: ' + ', '.join(frozen),
            logger='current',
        )


def _log_alpha_mismatch(match: Match, trained: list[str]) -> None:
    """Warn where W' was trained under another alpha than it meets here."""
    without = [name for name in trained if f'{name}.alpha' in match.missing]
    if without:
        _warn(
            f"the checkpoint has a trained W' and no alpha for {len(without)} IC layers: it "
            "was trained with a constant one; give that, for example alpha=1.0, 'constant'"
        )
    if any(name.endswith('.alpha') for name in match.unexpected):
        _warn(
            "the checkpoint holds learned or scheduled alphas, which alpha_mode='constant' "
            "ignores: give alpha_mode='learned'"
        )


def _warn(sentence: str) -> None:
    print_log(sentence, logger='current', level=logging.WARNING)
