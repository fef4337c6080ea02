"""Parameters and multiply-adds of a model."""

import torch
import torch.nn as nn
from torch.utils.flop_counter import FlopCounterMode


def count(model: nn.Module, size: tuple[int, int] = (224, 224)) -> tuple[int, int]:
    """Count ``model`` for one image of 3 channels.

    The multiply-adds are those of convolutions and linear layers, as papers count them (1 MAC is
    1 FLOP there); the box sum of an IC layer is a depthwise convolution and is among them.

    Args:
        model: A backbone or an mmpretrain classifier, which is moved to the meta device.
        size: The height and width of the image in pixels.

    Returns:
        The number of parameters and the number of multiply-adds.
    """
    model.eval()
    model.to('meta')
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        model(torch.empty(1, 3, *size, device='meta'))
    return sum(p.numel() for p in model.parameters()), flops.get_total_flops() // 2
