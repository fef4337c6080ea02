"""Layers that are one step of a graph, as torch.fx treats those of ``torch.nn``.

What depends on the input is then decided whenever the graph runs, and whoever looks for a
convolution and its norm in the graph finds them, such as mmengine's ``efficient_conv_bn_eval``.
"""

from collections.abc import Callable
from functools import wraps

import torch
from torch import nn
from torch.fx import Proxy


def one_step(forward: Callable) -> Callable:
    """Let the layers with this ``forward`` be one step of a graph."""

    @wraps(forward)
    def step_or_forward(layer: nn.Module, x: torch.Tensor | Proxy, *others):
        if isinstance(x, Proxy):
            return add_step(layer, x.tracer, x, *others)
        return forward(layer, x, *others)

    return step_or_forward


def add_step(layer: nn.Module, tracer: torch.fx.Tracer, *inputs) -> Proxy:
    """Add a call of ``layer`` to the graph that is being traced."""
    return tracer.create_proxy('call_module', tracer.path_of_module(layer), inputs, {})
