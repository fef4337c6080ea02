"""Backbones in the form for inference: norms folded into the layers before them."""

from functools import partial

import torch
from torch import nn

from ..ops.fold_norms import fold_norms
from ..ops.ic_layer import ic_layers


class Deployable(nn.Module):
    """Mixin of the backbones that mmpretrain's ``reparameterize_model.py`` can convert.

    Attributes:
        deployed: Whether the network has its form for inference.
        deployed_format: The memory format of its weights in that form.
    """

    deployed = False
    deployed_format = torch.channels_last  # in which CPUs are faster

    def switch_to_deploy(self) -> None:
        """Fold the norms into the layers before them, in place and for inference only.

        The features stay those of eval mode. The weights must be loaded before, as in mmpretrain's
        backbones that have this method. The network then computes in ``deployed_format``, and
        returns its maps in the memory format of the image.
        """
        deploy(self)
        self.to(memory_format=self.deployed_format)
        self.deployed = True


def deploy(net: nn.Module) -> None:
    """Fold the norms of ``net``, whose parts first take the form for inference that they have."""
    net.eval()
    _deploy_parts(net)
    fold_norms(net)
    net.requires_grad_(False)


def _deploy_parts(net: nn.Module) -> None:
    for child in net.children():
        if hasattr(child, 'switch_to_deploy') and not ic_layers(child):
            child.switch_to_deploy()
        else:
            _deploy_parts(child)


def guard_parts(net: nn.Module) -> None:
    """Replace the method of parts that would merge an IC layer as if it were a plain convolution.

    Where a network merges parallel branches, such as RepVGG, those with an IC layer in them stay
    branches, and only their norms are folded.
    """
    for module in net.modules():
        if hasattr(module, 'switch_to_deploy') and ic_layers(module):
            module.switch_to_deploy = partial(deploy, module)
