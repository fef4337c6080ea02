"""Helpers that several test files use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

TORCH = tuple(int(part) for part in torch.__version__.split('+')[0].split('.')[:2])
CONFIGS = Path(__file__).parents[1] / 'configs'


def shipped_configs(pattern: str) -> list[Path]:
    """The project's files in ``configs/`` that match; those of a user begin with ``my_``."""
    return [path for path in sorted(CONFIGS.glob(pattern)) if not path.name.startswith('my_')]


def dicts_in(node: Any) -> Iterator[dict]:
    """All dicts in a config, outermost first."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for value in list(node.values()) if isinstance(node, dict) else node:
            yield from dicts_in(value)


def randomise_norms(net: nn.Module) -> nn.Module:
    """Give every BN random statistics, scales of both signs and shifts; a new one has none."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(-1, 2)
            module.bias.data.normal_()
    return net


def count_calls(net: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    """A list that gets a module of ``kind`` in ``net`` each time that it runs from now on."""
    calls = []
    for module in net.modules():
        if isinstance(module, kind):
            module.register_forward_hook(lambda module, *_: calls.append(module))
    return calls
