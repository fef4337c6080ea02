"""Helpers that several test files use."""

import torch
from torch import nn

TORCH = tuple(int(part) for part in torch.__version__.split('+')[0].split('.')[:2])


def randomise_norms(net: nn.Module) -> nn.Module:
    """Give every BN random statistics, scales of both signs and shifts; a new one has none."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(-1, 2)
            module.bias.data.normal_()
    return net
