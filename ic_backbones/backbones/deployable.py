"""Backbones in the form for inference: norms folded into the layers before them."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..ops.fold_norms import fold_norms
from ..ops.ic_layer import ic_layers
from ..weights.match import below


class Deployable(nn.Module):
    """Mixin of the backbones that mmpretrain's ``reparameterize_model.py`` can convert.

    Attributes:
        deployed: Whether the network has its form for inference. Then it refuses weights whose
            norms are not folded.
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

    def _load_from_state_dict(self, state: Mapping[str, Tensor], prefix: str, *args) -> None:
        if self.deployed and (norm := self._folded_norm(below(state, prefix))):
            raise InputError(
                f'{type(self).__name__}: has the form for inference, but the weights that are '
                f'loaded still have their norms ({norm}); leave deploy=True out, and call '
                'switch_to_deploy() after loading'
            )
        super()._load_from_state_dict(state, prefix, *args)

    def _folded_norm(self, state: Mapping[str, Tensor]) -> str | None:
        """The name of a norm in ``state`` that this network has folded."""
        modules = dict(getattr(self, 'inner', self).named_modules())
        names = (name.removesuffix('.running_mean') for name in state if 'running_mean' in name)
        return next((name for name in names if isinstance(modules.get(name), nn.Identity)), None)


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
