"""A backbone as an ONNX file that takes images of any number and size."""

import inspect
import warnings
from pathlib import Path
from unittest import mock

import torch
import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor, nn

from ._requirements import require_extra
from .errors import InputError
from .ops.ic_conv import same_padding

OPSET = 17


def export_onnx(
    net: nn.Module, file: str | Path, size: tuple[int, int] = (224, 224), channels: int = 3
) -> None:
    """Write ``net``, in eval mode, with dynamic axes.

    The graph takes ``image``, (N, channels, H, W), and gives ``feature_0``, ``feature_1``, the maps
    in the order of ``out_indices``.

    Args:
        net: A backbone; it gives a tuple of maps.
        file: To be written.
        size: Height and width of the image with which the graph is traced.
        channels: Of the image.

    Raises:
        InputError: The package onnx is not installed, or the file cannot be written.
    """
    require_onnx('onnx')
    net.eval()
    image = torch.zeros(2, channels, *size)
    with torch.no_grad():
        names = [f'feature_{index}' for index in range(len(net(image)))]
    # The tracing exporter: the other one does not end on padding that depends on the size.
    has_both = 'dynamo' in inspect.signature(torch.onnx.export).parameters
    tracing = dict(dynamo=False) if has_both else {}
    try:
        with (
            mock.patch.object(Conv2dAdaptivePadding, 'forward', _forward_with_traced_padding),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter('ignore')
            torch.onnx.export(
                net,
                (image,),
                str(file),
                opset_version=OPSET,
                input_names=['image'],
                output_names=names,
                dynamic_axes={name: {0: 'N', 2: f'H_{name}', 3: f'W_{name}'} for name in names}
                | {'image': {0: 'N', 2: 'H', 3: 'W'}},
                **tracing,
            )
    except OSError as error:
        raise InputError(f'{file}: cannot be written ({error.strerror}); choose --out') from error


def _forward_with_traced_padding(conv: Conv2dAdaptivePadding, x: Tensor) -> Tensor:
    """mmcv's own computes the padding in Python, which a graph keeps as a constant."""
    x = F.pad(x, same_padding(x, conv.kernel_size, conv.stride, conv.dilation))
    return F.conv2d(x, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups)


def largest_difference(
    net: nn.Module, file: str | Path, size: tuple[int, int], channels: int = 3
) -> float:
    """How far onnxruntime's maps lie from PyTorch's, over the largest value of each map.

    Args:
        net: The backbone, in eval mode.
        file: What :func:`export_onnx` wrote.
        size, channels: Height, width and channels of three random images; the graph is traced with
            two.

    Raises:
        InputError: The package onnxruntime is not installed.
    """
    require_onnx('onnxruntime')
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    image = torch.rand(3, channels, *size)
    with torch.no_grad():
        expected = net(image)
    found = session.run(None, {'image': image.numpy()})
    differences = [
        (torch.from_numpy(feature) - truth).abs().max() / truth.abs().max().clamp(min=1e-30)
        for feature, truth in zip(found, expected, strict=True)
    ]
    return torch.stack(differences).max().item()  # NaN if one is, unlike Python's max


def require_onnx(package: str) -> None:
    """Refuse to go on without onnx or onnxruntime.

    Raises:
        InputError: It is not installed.
    """
    require_extra('ONNX files', package, 'onnx')
