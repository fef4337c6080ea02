"""Fold batch norms into the layers before them, for inference.

Unlike mmcv's ``fuse_conv_bn``, this folds only a norm that comes right after the layer among its
parent's children, knows the norm's scale where weights are 0, folds into composing layers, and
leaves alone what it does not know, such as timm's norms with an activation in them.
"""

from collections import Counter

import torch
from mmcv.cnn.bricks import ConvModule
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from .ic_fold import FoldableICLayer
from .ic_layer import PLAIN_CONVS
from .pointwise import Pointwise
from .structure_composing import MixedSCLayer, SCLayer

_NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm)
_PLAIN = (*PLAIN_CONVS, Pointwise)


@torch.no_grad()
def fold_norms(net: nn.Module) -> None:
    """Fold each norm in ``net`` that can be into the layer before it, in place.

    A module keeps the norm after its children that it lists in an attribute ``unfolded``, or, like
    timm's ``FeatureListNet``, in ``return_layers``: what it returns of these is their own output.
    mmcv's ``ConvModule`` keeps a norm that its ``order`` puts elsewhere than after the convolution.
    A layer or norm that has several places in the network stays as it is.

    Args:
        net: The network, in eval mode.
    """
    parents = list(net.modules())
    places = Counter(child for parent in parents for child in parent._modules.values())
    shared = {module for module, count in places.items() if count > 1}
    for parent in parents:
        _fold_children(parent, shared)


def _fold_children(parent: nn.Module, shared: set[nn.Module]) -> None:
    kept = {*getattr(parent, 'unfolded', ()), *getattr(parent, 'return_layers', ())}
    if _runs_in_another_order(parent):
        kept.add('conv')
    last_name, last = '', None
    for name, child in list(parent._modules.items()):
        if type(child) in _NORMS and child.running_mean is not None and child not in shared:
            convs = [] if last_name in kept or last in shared else convs_of(last)
            if sum(conv.out_channels for conv in convs) == child.num_features:
                _fold(convs, child)
                setattr(parent, name, nn.Identity())
        last_name, last = name, child


def _runs_in_another_order(net: nn.Module) -> bool:
    """Whether a ``ConvModule`` runs its norm elsewhere than after its convolution."""
    if not isinstance(net, ConvModule):
        return False
    order = net.order
    return order.index('norm') != order.index('conv') + 1


def convs_of(layer: nn.Module | None) -> list[nn.Conv2d]:
    """The convolutions whose outputs are the channels of ``layer``'s, or none."""
    if isinstance(layer, MixedSCLayer):
        return [layer.smear, layer.compose.conv]
    if isinstance(layer, SCLayer):
        return [layer.conv]
    known = type(layer) in _PLAIN or isinstance(layer, FoldableICLayer)
    return [layer] if known and 'weight' in layer._parameters else []


def _fold(convs: list[nn.Conv2d], norm: nn.Module) -> None:
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    begin = 0
    for conv in convs:
        part = slice(begin, begin + conv.out_channels)
        begin += conv.out_channels
        mean, var = norm.running_mean[part], norm.running_var[part]
        affine = (None if v is None else v[part] for v in (norm.weight, norm.bias))
        weight, bias = fuse_conv_bn_weights(conv.weight, conv.bias, mean, var, norm.eps, *affine)
        if isinstance(conv, FoldableICLayer):
            conv.scale_term(scale[part])
        conv.register_parameter('weight', weight)
        conv.bias = bias
